"""What instructions ask to leave out of the answer, and a text without it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from infra.local.model.sentences import Sentence

REMOVED = "[removed]"

_LEAVE_OUT = re.compile(
    r"\b(?:never|not|don't|no|without|omit|leave out|remove|redact|mask|hide|strip|exclude|avoid|drop)\b",
    re.I,
)
_PERSONAL = re.compile(r"\b(?:personal|contact|private|sensitive)\s+(?:data|details|information)\b", re.I)
_KINDS = (
    (re.compile(r"\be-?mails?\b", re.I), re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (
        re.compile(r"\b(?:phone|telephone|mobile)s?\b", re.I),
        re.compile(r"(?<![\w-])(?:\+|00?)\d[\d\s()/-]{6,}\d"),
    ),
    (
        re.compile(r"\b(?:card|account|iban)s? numbers?\b|\bibans?\b", re.I),
        re.compile(r"\b\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?\b|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b"),
    ),
)


def read_redactions(sentences: Sequence[Sentence]) -> tuple[re.Pattern[str], ...]:
    """What must not appear in the answer: e-mail addresses, telephone numbers, card and account numbers."""
    forbidding = [sentence.text for sentence in sentences if _LEAVE_OUT.search(sentence.text)]
    return tuple(
        found
        for named, found in _KINDS
        if any(named.search(text) or _PERSONAL.search(text) for text in forbidding)
    )


def redacted(text: str, redactions: Sequence[re.Pattern[str]]) -> str:
    """The text with everything these patterns find replaced."""
    for pattern in redactions:
        text = pattern.sub(REMOVED, text)
    return text
