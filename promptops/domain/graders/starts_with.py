"""starts-with: how the answer begins."""

from __future__ import annotations

from promptops.domain.errors import shown
from promptops.domain.graders.grading import Expectation, Grader, binary


def starts_with(expectation: Expectation) -> Grader:
    """Exactly this text, white space included."""
    text = expectation.value
    if not isinstance(text, str) or not text:
        raise expectation.needs("Write a text with at least one character.")
    lacking = f"does not start with {shown(text)}"
    return binary(lambda answer: "" if answer.startswith(text) else lacking)
