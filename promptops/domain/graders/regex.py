"""regex: a pattern that is found somewhere in the answer."""

from __future__ import annotations

from promptops.domain.errors import shown
from promptops.domain.graders.grading import Expectation, Grader, binary
from promptops.domain.pattern import compile_pattern


def regex(expectation: Expectation) -> Grader:
    """JavaScript's dialect without flags, without lookaround and backreferences: found in linear time."""
    text = expectation.value
    if not isinstance(text, str) or not text:
        raise expectation.needs("Write a regular expression.")
    pattern, lacking = compile_pattern(text), f"nothing matches {shown(text)}"
    return binary(lambda answer: "" if pattern.search(answer) else lacking)
