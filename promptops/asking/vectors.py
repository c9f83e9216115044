"""Whether embeddings are ones that can be compared."""

from __future__ import annotations

import math
from collections.abc import Sequence


def one_for_each(vectors: Sequence[Sequence[float]], texts: int) -> bool:
    """Whether these are one vector a text, all of one dimension and of numbers only."""
    return (
        len(vectors) == texts
        and len({len(vector) for vector in vectors}) <= 1
        and all(vector and all(map(math.isfinite, vector)) for vector in vectors)
    )
