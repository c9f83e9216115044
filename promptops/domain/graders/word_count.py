"""word-count: how many words the answer has."""

from __future__ import annotations

import math
from collections.abc import Mapping

from promptops.domain.graders.grading import Expectation, Grader, binary

_FIX = "Write 100, or {min: 10, max: 100}."


def word_count(expectation: Expectation) -> Grader:
    """A number means exactly so many words; `{min, max}` bounds, inclusive, of which one may be missing."""
    least, most = _bounds(expectation)

    def objection(answer: str) -> str:
        words = len(answer.split())
        if words < least:
            return f"{words} words, at least {least} expected"
        return f"{words} words, at most {most} expected" if words > most else ""

    return binary(objection)


def _bounds(expectation: Expectation) -> tuple[int, float]:
    value = expectation.value
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        value = int(value)
    given: Mapping[str, object] = value if isinstance(value, Mapping) else {"min": value, "max": value}
    bounds = {name: count for name in ("min", "max") if (count := _count(given.get(name))) is not None}
    least, most = bounds.get("min", 0), bounds.get("max", math.inf)
    if not given or len(bounds) < len(given) or least > most:
        raise expectation.needs(_FIX)
    return least, most


def _count(bound: object) -> int | None:
    """The whole number from 0 on, 100.0 included."""
    if isinstance(bound, bool) or not isinstance(bound, (int, float)) or bound < 0 or bound != bound // 1:
        return None
    return int(bound)
