"""What an input is about: its main sentence, its topics, who says what and what happened before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

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
_SPEAKER = re.compile(r"^[ \t]*([A-Z][a-z]{2,15})(?:[ \t]*\([^)\n]{1,30}\))?:[ \t]+", re.M)
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
class Turn:
    """What one speaker says without a break; a text that is no conversation is one turn of nobody."""

    speaker: str
    text: str


@dataclass(frozen=True)
class Reading:
    """What can be told about an input; `trigger` is empty when nothing is said to have come before."""

    turns: tuple[Turn, ...]
    headline: str
    topics: tuple[str, ...]
    trigger: str
    tells_little: bool
    orders: tuple[str, ...]

    @property
    def report(self) -> str:
        """All that is said, without the sentences that give orders to the reader."""
        return "\n".join(turn.text for turn in self.turns)

    def part(self, told: Sequence[str], *, last: bool) -> str:
        """What the speaker whom a rule's words name first says, in the last turn alone if `last`."""
        turns = self.turns[-1:] if last else self.turns
        speakers = {turn.speaker for turn in self.turns} - {""}
        speaker = next((word for word in told if word in speakers), "") if speakers else ""
        return "\n".join(turn.text for turn in turns if not speaker or turn.speaker == speaker)


def read_input(data: str) -> Reading:
    """The reading of a text somebody else wrote; its orders to the reader are kept apart."""
    said = [(speaker, sentence.text) for speaker, text in _turns(data) for sentence in sentences(text)]
    reported = [(speaker, text) for speaker, text in said if not _ORDER.search(text)]
    texts = [text for _, text in reported]
    opening = _opening(reported)
    headline = next((text for text in opening if is_symptom(text)), _longest(opening[:3]))
    trigger = next((match for text in [headline, *texts] if (match := _TRIGGER.search(text))), None)
    return Reading(
        turns=_joined(reported),
        headline=shortened(headline, _HEADLINE_WORDS),
        topics=_topics(headline, texts),
        trigger=shortened(trigger.group(1), _TRIGGER_WORDS) if trigger else "",
        tells_little=sum(len(_meaningful(text)) for text in texts) <= _FEW_WORDS,
        orders=tuple(text for _, text in said if _ORDER.search(text)),
    )


def shortened(text: str, max_words: int) -> str:
    """The first words of a text on one line, without a closing punctuation mark."""
    return " ".join(text.split()[:max_words]).rstrip(" .,;:!?-")


def _turns(data: str) -> Iterator[tuple[str, str]]:
    """Speaker and text of each turn; only names that speak at least twice are speakers."""
    marks = [match for match in _SPEAKER.finditer(data) if not _ORDER.search(match.group(0))]
    named = [match.group(1) for match in marks]
    marks = [match for match in marks if named.count(match.group(1)) > 1 or len(set(named)) > 1]
    starts = [match.start() for match in marks] + [len(data)]
    if data[: starts[0]].strip() or not marks:
        yield "", _TAG_LINE.sub("\n", data[: starts[0]])
    for match, end in zip(marks, starts[1:], strict=True):
        yield match.group(1).lower(), _TAG_LINE.sub("\n", data[match.end() : end])


def _joined(reported: Sequence[tuple[str, str]]) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for speaker, text in reported:
        if turns and turns[-1].speaker == speaker:
            turns[-1] = Turn(speaker, f"{turns[-1].text}\n{text}")
        else:
            turns.append(Turn(speaker, text))
    return tuple(turns)


def _opening(reported: Sequence[tuple[str, str]]) -> list[str]:
    """Where the matter is told: the first turn of a conversation that says something, or the whole text."""
    turns = [[text for _, text in turn] for _, turn in groupby(reported, key=lambda entry: entry[0])]
    telling = (turn for turn in turns if sum(len(_meaningful(text)) for text in turn) >= _FEW_WORDS)
    return next(telling, [text for _, text in reported])


def _topics(headline: str, reported: Sequence[str]) -> tuple[str, ...]:
    ordered = [*_meaningful(headline), *(word for text in reported for word in _meaningful(text))]
    return tuple(dict.fromkeys(ordered))[:_TOPICS]


def _meaningful(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOPWORDS and len(word) > 2 and not word.isdigit()]


def _longest(texts: Sequence[str]) -> str:
    return max(texts, key=lambda text: len(text.split()), default="")
