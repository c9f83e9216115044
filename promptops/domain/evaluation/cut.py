"""How the cases of a draw are cut into the chunks that the workflow hands out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

#: An execution of the workflow may have 25,000 events; a chunk that is tried again and again takes 25.
MAX_CHUNKS = 400


@dataclass(frozen=True)
class Cut:
    """Ranges of the draw, `size` cases each but for the last ones: first the sample's, then the rest's."""

    size: int
    sample: list[Mapping[str, int]]
    rest: list[Mapping[str, int]]


def cut(sample: int, cases: int, chunk_cases: int) -> Cut:
    """`chunk_cases` each, or as many as it takes to stay within `MAX_CHUNKS`."""
    # One less: sample and rest are cut apart.
    size = max(chunk_cases, math.ceil(cases / (MAX_CHUNKS - 1)))
    first = _ranges(0, sample, size, number=0)
    return Cut(size, first, _ranges(sample, cases, size, number=len(first)))


def _ranges(first: int, end: int, size: int, *, number: int) -> list[Mapping[str, int]]:
    return [
        {"chunk": number + index, "first": start, "count": min(size, end - start)}
        for index, start in enumerate(range(first, end, size))
    ]
