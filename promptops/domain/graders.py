"""What assertions check: promptfoo's names and meanings, and `not-` before any of them for the opposite.

A grader that cannot run raises; it never passes. Reasons quote the assertion, never the answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from promptops.domain.errors import EvaluationError, InvalidDataset, shown
from promptops.domain.json_schema import compile_schema
from promptops.domain.strict_json import read_json

#: The version of this set, bound into every report: raise it when any grade can come out differently.
GRADERS = "builtin/1"
NEGATION = "not-"


@dataclass(frozen=True)
class GradeResult:
    """`score` is 0 or 1; `reason` says what was expected, empty when the assertion was met."""

    score: float
    passed: bool
    reason: str


Grader = Callable[[str], GradeResult]
#: What an answer lacks, empty when it lacks nothing.
_Objection = Callable[[str], str]


def grader(kind: str, value: object) -> Grader:
    """What grades answers by this assertion; raises InvalidDataset for an unknown type or an unfit value."""
    negated = kind.startswith(NEGATION)
    build = _BUILDERS.get(kind.removeprefix(NEGATION))
    if build is None:
        raise InvalidDataset(
            f"unknown assertion type {shown(kind)}", f"Known: {', '.join(KINDS)}; each also as not-…."
        )
    objection = build(value)

    def grade(answer: str) -> GradeResult:
        try:
            lacking = objection(answer)
        except Exception as error:
            raise EvaluationError(
                f"the grader {kind} could not run: {type(error).__name__}", "Correct the assertion's value."
            ) from None  # The cause may quote the answer, and would be logged.
        if negated:
            lacking = "" if lacking else f"met, and must not be: {shown(value)}"
        return GradeResult(0.0, False, f"{kind}: {lacking}") if lacking else GradeResult(1.0, True, "")

    return grade


def _is_json(value: object) -> _Objection:
    """Stricter than promptfoo in one thing: a name twice in an object fails, as readers disagree."""
    check = None if value is None else compile_schema(value)

    def objection(answer: str) -> str:
        try:
            document = read_json(answer)
        except ValueError:
            return "the answer is not strict JSON"
        return check(document) if check else ""

    return objection


def _word_count(value: object) -> _Objection:
    """A number means exactly so many words; `{min, max}` bounds, inclusive, of which one may be missing."""
    given = value if isinstance(value, Mapping) else {"min": value, "max": value}
    bounds = {
        name: bound
        for name, bound in given.items()
        if name in ("min", "max") and isinstance(bound, int) and not isinstance(bound, bool) and bound >= 0
    }
    least, most = bounds.get("min", 0), bounds.get("max", math.inf)
    if not given or len(bounds) < len(given) or least > most:
        raise InvalidDataset(f"word-count has the value {shown(value)}", "Write 100, or {min: 10, max: 100}.")

    def objection(answer: str) -> str:
        words = len(answer.split())
        if words < least:
            return f"{words} words, at least {least} expected"
        return f"{words} words, at most {most} expected" if words > most else ""

    return objection


def _contains(*, ignore_case: bool) -> Callable[[object], _Objection]:
    def build(value: object) -> _Objection:
        (text,) = _texts([value])
        return lambda answer: "" if _holds(answer, text, ignore_case) else f"lacks {shown(text)}"

    return build


def _contains_any(*, ignore_case: bool) -> Callable[[object], _Objection]:
    def build(value: object) -> _Objection:
        texts = _texts(value)
        expected = shown(", ".join(texts))
        return lambda answer: (
            "" if any(_holds(answer, text, ignore_case) for text in texts) else f"none of {expected}"
        )

    return build


def _contains_all(*, ignore_case: bool) -> Callable[[object], _Objection]:
    def build(value: object) -> _Objection:
        texts = _texts(value)

        def objection(answer: str) -> str:
            lacking = [text for text in texts if not _holds(answer, text, ignore_case)]
            return f"lacks {shown(', '.join(lacking))}" if lacking else ""

        return objection

    return build


def _holds(answer: str, text: str, ignore_case: bool) -> bool:
    return text.lower() in answer.lower() if ignore_case else text in answer


def _texts(value: object) -> list[str]:
    """Empty texts and empty lists are refused: every answer would meet them, or none."""
    if not isinstance(value, list) or not value or not all(isinstance(text, str) and text for text in value):
        raise InvalidDataset(
            f"the assertion has the value {shown(value)}", "Write texts with at least one character."
        )
    return value


_BUILDERS: dict[str, Callable[[object], _Objection]] = {
    "is-json": _is_json,
    "word-count": _word_count,
    "contains": _contains(ignore_case=False),
    "icontains": _contains(ignore_case=True),
    "contains-any": _contains_any(ignore_case=False),
    "icontains-any": _contains_any(ignore_case=True),
    "contains-all": _contains_all(ignore_case=False),
    "icontains-all": _contains_all(ignore_case=True),
}
KINDS = tuple(_BUILDERS)
