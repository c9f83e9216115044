"""similar: the answer means what a text means, as an embedding model sees it."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from promptops.domain.errors import GraderUnavailable, shown
from promptops.domain.graders.grading import Assistants, Expectation, Grader, GradeResult, Output

DEFAULT_THRESHOLD = 0.75
#: Sums of the same numbers in another order may differ by so much.
_ROUNDING = sys.float_info.epsilon


def similar(expectation: Expectation) -> Grader:
    """The cosine of both embeddings reaches the threshold, else 0.75; of a list, that of one text does.

    The score is the cosine, 0 where it is negative.
    """
    value = expectation.value
    given = value if isinstance(value, list) else [value]
    texts = [text for text in given if isinstance(text, str) and text.strip()]
    if not given or len(texts) < len(given):
        raise expectation.needs("Write a text, or a list of texts, none of them blank.")
    least = expectation.threshold_or(DEFAULT_THRESHOLD)
    # A cosine that is the threshold itself meets both forms.
    bar = least + _ROUNDING if expectation.negated else least - _ROUNDING
    expected = f"of {shown(texts[0])}" if len(texts) == 1 else f"of any of {shown(', '.join(texts))}"

    def grade(output: Output, assistants: Assistants) -> GradeResult:
        best = 0.0
        # A blank answer means nothing, and embedding models refuse it.
        if output.text.strip():
            of_answer, *of_texts = _vectors(assistants.embed([output.text, *texts]), 1 + len(texts))
            best = max(cosine(of_answer, vector) for vector in of_texts)
        passed = best > bar
        reason = "" if passed else f"{best:.2f} similar, at least {least:g} {expected} expected"
        return GradeResult(min(1.0, max(0.0, best)), passed, reason)

    return grade


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """In -1..1; 0 where a vector is all zeros."""
    length, other_length = math.hypot(*one), math.hypot(*other)
    if not length or not other_length:
        return 0.0
    return math.fsum((a / length) * (b / other_length) for a, b in zip(one, other, strict=True))


def _vectors(vectors: Sequence[Sequence[float]], number: int) -> Sequence[Sequence[float]]:
    dimensions = {len(vector) for vector in vectors}
    if len(vectors) != number or len(dimensions) != 1 or not all(dimensions):
        raise GraderUnavailable(
            f"{number} texts have {len(vectors)} embeddings, of {sorted(dimensions)} numbers",
            "Check the embedder of the evaluation.",
        )
    if not all(math.isfinite(number) for vector in vectors for number in vector):
        raise GraderUnavailable(
            "an embedding holds a number that is none", "Check the embedder of the evaluation."
        )
    return vectors
