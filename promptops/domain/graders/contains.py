"""contains and its family: texts that stand in the answer."""

from __future__ import annotations

import re
from collections.abc import Callable

from promptops.domain.errors import shown
from promptops.domain.graders.grading import Builder, Expectation, Grader, binary
from promptops.domain.graders.written import written

_ANSWER_AS_IT_IS = str
#: One field and what ends it: `"a, ""b"" \\ c"` or anything up to the next comma.
_FIELD = re.compile(r'[\s,]*+(?:"((?:\\["\\]|""|[^"])*+)"\s*+(?=,|$)|([^",][^,]*+)|$)', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])|"(")')


def contains(*, ignore_case: bool) -> Builder:
    """One text, or a number as it is written."""

    def build(expectation: Expectation) -> Grader:
        value = expectation.value
        text = written(value) if isinstance(value, (str, int, float)) and value else None
        if not text or value is True:
            raise expectation.needs("Write a text with at least one character, or a number other than 0.")
        fold, lacking = _fold(ignore_case), f"lacks {shown(text)}"
        folded = fold(text)
        return binary(lambda answer: "" if folded in fold(answer) else lacking)

    return build


def contains_any(*, ignore_case: bool) -> Builder:
    """At least one of several texts: a list, or fields with commas between them."""

    def build(expectation: Expectation) -> Grader:
        texts, fold = _texts(expectation), _fold(ignore_case)
        folded = [fold(text) for text in texts]
        lacking = f"none of {shown(', '.join(texts))}"

        def objection(answer: str) -> str:
            folded_answer = fold(answer)
            return "" if any(text in folded_answer for text in folded) else lacking

        return binary(objection)

    return build


def contains_all(*, ignore_case: bool) -> Builder:
    """Each of several texts: a list, or fields with commas between them."""

    def build(expectation: Expectation) -> Grader:
        fold = _fold(ignore_case)
        folded = [(text, fold(text)) for text in _texts(expectation)]

        def objection(answer: str) -> str:
            folded_answer = fold(answer)
            lacking = [text for text, wanted in folded if wanted not in folded_answer]
            return f"lacks {shown(', '.join(lacking))}" if lacking else ""

        return binary(objection)

    return build


def _fold(ignore_case: bool) -> Callable[[str], str]:
    return str.lower if ignore_case else _ANSWER_AS_IT_IS


def _texts(expectation: Expectation) -> list[str]:
    """Empty texts and empty lists are refused: every answer would meet them, or none."""
    value = expectation.value
    if isinstance(value, str):
        texts = _fields(expectation, value)
    else:
        texts = [written(item) or "" for item in value] if isinstance(value, list) else []
    if not texts or not all(texts):
        raise expectation.needs("Write a list of texts, each with at least one character.")
    return texts


def _fields(expectation: Expectation, line: str) -> list[str]:
    """The texts in `refund, "Monday, 9:00"`: trimmed, those in quotes as they are, empty ones left out."""
    fields = []
    position = 0
    while position < len(line):
        match = _FIELD.match(line, position)
        if match is None:
            raise expectation.needs('Close the quotes, with nothing behind them but a comma: "a, b", c.')
        quoted, plain = match.groups()
        if quoted is not None:
            fields.append(_ESCAPED.sub(r"\1\2", quoted))
        elif plain is not None:
            fields.append(plain.strip())
        position = match.end()
    return fields
