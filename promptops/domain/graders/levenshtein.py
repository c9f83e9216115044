"""levenshtein: how many characters the answer is away from a text."""

from __future__ import annotations

from promptops.domain.errors import shown
from promptops.domain.graders.grading import Expectation, Grader, binary

DEFAULT_THRESHOLD = 5
#: The time grows with the product of both lengths, in steps of many characters each.
MAX_CHARS = 20_000


def levenshtein(expectation: Expectation) -> Grader:
    """Inserted, removed and replaced characters together are at most the threshold, 5 if none is written."""
    text = expectation.value
    if not isinstance(text, str) or len(text) > MAX_CHARS:
        raise expectation.needs(f"Write a text of at most {MAX_CHARS} characters.")
    most = expectation.threshold_or(DEFAULT_THRESHOLD)

    def objection(answer: str) -> str:
        longer = max(len(answer), len(text))
        if longer <= most:
            return ""
        # An answer that much longer than the text is not worth the walk, however long it is.
        near = abs(len(answer) - len(text)) <= most and distance(answer, text) <= most
        return "" if near else f"more than {most:g} edits away from {shown(text)}"

    return binary(objection)


def distance(one: str, other: str) -> int:
    """Edits from one text to the other.

    Myers 1999, simplified by Hyyrö 2003: a column of the table is two numbers with one bit a character, which
    say where it rises and where it falls.
    """
    shorter, longer = sorted(_without_common_ends(one, other), key=len)
    if not shorter:
        return len(longer)
    places: dict[str, int] = {}
    for number, character in enumerate(shorter):
        places[character] = places.get(character, 0) | 1 << number
    last = 1 << (len(shorter) - 1)
    every = (last << 1) - 1
    rises, falls, edits = every, 0, len(shorter)
    for character in longer:
        same = places.get(character, 0)
        diagonal = (((same & rises) + rises) ^ rises) | same | falls
        right_rises = falls | (every & ~(diagonal | rises))
        right_falls = rises & diagonal
        if right_rises & last:
            edits += 1
        elif right_falls & last:
            edits -= 1
        right_rises = (right_rises << 1) | 1
        rises = every & ((right_falls << 1) | ~(diagonal | right_rises))
        falls = every & right_rises & diagonal
    return edits


def _without_common_ends(one: str, other: str) -> tuple[str, str]:
    shortest = min(len(one), len(other))
    start = 0
    while start < shortest and one[start] == other[start]:
        start += 1
    end = 0
    while end < shortest - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[start : len(one) - end], other[start : len(other) - end]
