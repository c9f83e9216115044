"""A verdict on a text by a rubric, for instructions that ask for one.

Crude on purpose: a criterion holds when half of its meaningful words, or words of the same meaning, stand in
the text undenied; a criterion that denies (`does not promise a date`) holds when they do not. That is enough
to try out what asks a model to judge, and no substitute for one.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from infra.local.model.conversation import Conversation
from infra.local.model.fields import read_fields
from infra.local.model.meaning import affirmed_concepts, concepts
from infra.local.model.sentences import sentences, words

_ASKS = re.compile(r"\b(?:grad(?:e|es|er|ing)|judg(?:e|es|ing)|evaluat(?:e|es|or|ing)|assess|score)\b", re.I)
_RUBRIC = re.compile(r"<(rubric|criteria|criterion)>((?:(?!<\1>).)*?)</\1>", re.S | re.I)
_OUTPUT = re.compile(r"<(output|answer|response|submission)>(.*)</\1>", re.S | re.I)
_FIELDS = ("reason", "pass", "score")
_REASONS = frozenset({"reason", "reasoning", "explanation", "rationale", "comment", "why"})
_SCORES = frozenset({"score", "rating", "grade", "points"})
_DENIES = re.compile(r"\b(?:not|never|no|nor|without|avoids?|refrains?|free of|lacks?|\w+n't)\b", re.I)
_VERBS = (
    "does|is|has|never|not|no|mentions|says|gives|names|asks|offers|tells|explains|contains|apologi[sz]es"
    "|thanks|stays"
)
_APART = re.compile(rf"[;\n]+|(?<=[.!?])\s+|,?\s+(?:and|but)\s+(?=(?:it\s+)?(?:{_VERBS})\b)", re.I)
_OF_TEXTS = frozenset(
    concepts(
        "output answer response reply text message mention state say contain include explain give use must "
        "shall least write tell ask name describe provide offer express customer user reader person avoid "
        "refrain lack free any clearly explicitly stay keep"
    )
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_SIGNS = (
    (
        r"\bdates?\b|\bdays?\b|\bdeadlines?\b",
        r"\d{4}-\d\d-\d\d|\b\d{1,2}[./]\d{1,2}[./]\d{2}"
        rf"|\b\d{{1,2}}\S{{0,2}} (?:of )?{_MONTH}|\b{_MONTH}\w* \d"
        r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\btomorrow\b",
    ),
    (r"\bwindow\b|\bperiod\b|\bhow long\b|\btime ?frame\b", r"\b\d+[\s-](?:hour|day|week|month|year)s?\b"),
    (
        r"\bamount\b|\bprice\b|\bcosts?\b|\bmoney\b",
        r"[$\u20ac\u00a3]\s?\d|\b\d+\s?(?:euros?|dollars?|eur|usd)\b",
    ),
    (r"\bthank|\bpolite|\bcourteous|\bfriendly", r"\bthank|\bgrateful|\bappreciate|\bplease\b|\bwelcome\b"),
    (r"\bapolog|\bsorry|\bregret|\bempath", r"\bsorry|\bapolog|\bregret"),
    (r"\bjson\b", r"^\s*[{\[].*[}\]]\s*$"),
)


def judgement(conversation: Conversation) -> str:
    """The verdict as JSON under the field names asked for, or nothing where no judgement is asked for."""
    if not _asks_to_judge(conversation.instructions):
        return ""
    # The judged text may hold tags of its own: the last rubric is the one the asker wrote.
    rubrics = list(_RUBRIC.finditer(conversation.whole))
    asked = (
        conversation.whole[: rubrics[-1].start()] + conversation.whole[rubrics[-1].end() :] if rubrics else ""
    )
    output = _OUTPUT.search(asked)
    if not output:
        return ""
    criteria = [part.strip() for part in _APART.split(rubrics[-1].group(2)) if part.strip(" .-*")]
    unmet = [criterion for criterion in criteria if not _holds(criterion, output.group(2))]
    score = round(1 - len(unmet) / len(criteria), 2) if criteria else 0.0
    met = "Every criterion is met." if criteria else "The rubric names no criterion."
    reason = f"Not met: {'; '.join(unmet)}" if unmet else met
    names = read_fields(sentences(conversation.instructions)) or _FIELDS
    verdict = {name: _field(name, reason, score, passed=bool(criteria) and not unmet) for name in names}
    return json.dumps(verdict, ensure_ascii=False)


@lru_cache(maxsize=256)
def _asks_to_judge(instructions: str) -> bool:
    return bool(_ASKS.search(instructions))


def _field(name: str, reason: str, score: float, *, passed: bool) -> str | float | bool:
    parts = set(words(name.replace("_", " ")))
    return reason if parts & _REASONS else score if parts & _SCORES else passed


def _holds(criterion: str, output: str) -> bool:
    return _shows(criterion, output) is not bool(_DENIES.search(criterion))


def _shows(criterion: str, output: str) -> bool:
    signs = [sign for asked, sign in _SIGNS if re.search(asked, criterion, re.I)]
    if any(re.search(sign, output, re.I | re.S) for sign in signs):
        return True
    wanted = concepts(criterion) - _OF_TEXTS
    return bool(wanted) and len(wanted & affirmed_concepts(output)) * 2 >= len(wanted)
