"""A text as a vector: texts that speak of the same things point the same way.

A hashed bag of concepts: each concept counts in one of 256 places, with a sign, and the whole has length 1.
It knows synonyms no better than `meaning` does and nothing of word order or denial.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache

from infra.local.model.meaning import concept_list

DIMENSIONS = 256


def embedded(text: str) -> list[float]:
    """The vector of a text; a text without a meaningful word has one of its own."""
    vector = [0.0] * DIMENSIONS
    for concept in concept_list(text) or [f"\N{NULL}{text}"]:
        place, sign = _place(concept)
        vector[place] += sign
    length = math.sqrt(math.fsum(value * value for value in vector))
    if not length:  # two concepts met in one place with opposite signs
        place, _ = _place(text)
        vector[place], length = 1.0, 1.0
    return [value / length for value in vector]


@lru_cache(maxsize=16384)
def _place(concept: str) -> tuple[int, float]:
    digest = hashlib.sha256(concept.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4]) % DIMENSIONS, 1.0 if digest[4] % 2 else -1.0
