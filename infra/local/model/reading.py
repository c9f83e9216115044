"""What an input is about: its main sentence, its topics and what it says happened before."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.local.model.meaning import STOPWORDS
from infra.local.model.sentences import sentences, words
from infra.local.model.symptoms import is_symptom

_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,60}\b(?:instructions?|rules?|prompts?|polic(?:y|ies)|above|previous)\b"
    r"|\b(?:you are now|system prompt|new instructions?|respond only with|reply only with|output only)\b"
    r"|^\s*(?:system|assistant|developer)\s*:",
    re.I,
)
_TAG_LINE = re.compile(r"^\s*</?[A-Za-z][\w-]*>\s*$", re.M)
_TRIGGER = re.compile(
    r"\b(?:ever since|right after|after|since|because of|because|due to|following|whenever|when|once)\s+"
    r"(?!this\b|last\b|yesterday\b|today\b|seeing\b|reading\b)([^.,;:!?()\n]{3,90})",
    re.I,
)
_HEADLINE_WORDS = 18
_TRIGGER_WORDS = 10
_TOPICS = 4
_FEW_WORDS = 2


@dataclass(frozen=True)
class Reading:
    """What can be told about an input; `trigger` is empty when nothing is said to have come before."""

    report: str
    headline: str
    topics: tuple[str, ...]
    trigger: str
    tells_little: bool


def read_input(data: str) -> Reading:
    """The reading of a text somebody else wrote, without the sentences that give orders to the reader."""
    stated = [sentence.text for sentence in sentences(_TAG_LINE.sub("\n", data))]
    reported = [text for text in stated if not _ORDER.search(text)]
    headline = next((text for text in reported if is_symptom(text)), _longest(reported[:3]))
    trigger = next((match for text in [headline, *reported] if (match := _TRIGGER.search(text))), None)
    return Reading(
        report="\n".join(reported),
        headline=shortened(headline, _HEADLINE_WORDS),
        topics=_topics(headline, reported),
        trigger=shortened(trigger.group(1), _TRIGGER_WORDS) if trigger else "",
        tells_little=sum(len(_meaningful(text)) for text in reported) <= _FEW_WORDS,
    )


def shortened(text: str, max_words: int) -> str:
    """The first words of a text on one line, without a closing punctuation mark."""
    return " ".join(text.split()[:max_words]).rstrip(" .,;:!?-")


def _topics(headline: str, reported: list[str]) -> tuple[str, ...]:
    ordered = [*_meaningful(headline), *(word for text in reported for word in _meaningful(text))]
    return tuple(dict.fromkeys(ordered))[:_TOPICS]


def _meaningful(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOPWORDS and len(word) > 2 and not word.isdigit()]


def _longest(texts: list[str]) -> str:
    return max(texts, key=lambda text: len(text.split()), default="")
