"""latency: how long the answer was waited for."""

from __future__ import annotations

from promptops.domain.errors import GraderUnavailable
from promptops.domain.graders.grading import MET, Assistants, Expectation, Grader, GradeResult, Output


def latency(expectation: Expectation) -> Grader:
    """At most the threshold, in milliseconds."""
    most = expectation.required_threshold(" of milliseconds")

    def grade(output: Output, _assistants: Assistants) -> GradeResult:
        if output.latency_ms is None:
            raise GraderUnavailable(
                "latency has nothing to grade: nobody knows how long the answer took",
                "Ask the model, replay nothing.",
            )
        if output.latency_ms <= most:
            return MET
        return GradeResult(0.0, False, f"{output.latency_ms} ms, at most {most:g} expected")

    return grade
