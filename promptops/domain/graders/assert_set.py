"""assert-set: several assertions that count as one."""

from __future__ import annotations

from promptops.domain.errors import InvalidDataset
from promptops.domain.graders.grading import Assertion, Assistants, Expectation, Grader, GradeResult, Output
from promptops.domain.graders.weighing import weigh

KIND = "assert-set"


def assert_set(expectation: Expectation) -> Grader:
    """The value is the tuple of assertions, already built; without a threshold each of them must be met."""
    parts = expectation.value
    if not isinstance(parts, tuple) or not all(isinstance(part, Assertion) for part in parts):
        raise InvalidDataset("an assert-set holds no assertions", "Write assert: a list of assertions.")
    if not any(part.weight for part in parts):
        raise InvalidDataset("no assertion of an assert-set has a weight", "Give one a weight above 0.")
    if any(part.kind.endswith(KIND) for part in parts):
        raise InvalidDataset(
            "an assert-set stands in an assert-set", "Write its assertions into the outer one."
        )
    threshold = None if expectation.threshold is None else expectation.required_threshold(" in 0..1")

    def grade(output: Output, assistants: Assistants) -> GradeResult:
        weighed = weigh(parts, threshold, output, assistants)
        reason = "" if weighed.passed else f"{len(weighed.failures)} of {len(parts)} not met"
        if reason and threshold is not None:
            reason = f"score {weighed.score:.2f}, at least {threshold:g} expected; {reason}"
        if reason and weighed.failures:
            reason += f" ({'; '.join(failure.reason for failure in weighed.failures[:3])})"
        return GradeResult(weighed.score, weighed.passed, reason, weighed.metrics)

    return grade
