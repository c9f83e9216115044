"""cost: what the answer cost."""

from __future__ import annotations

from promptops.domain.errors import GraderUnavailable
from promptops.domain.graders.grading import MET, Assistants, Expectation, Grader, GradeResult, Output


def cost(expectation: Expectation) -> Grader:
    """At most the threshold, in US dollars."""
    most = expectation.required_threshold(" of US dollars")

    def grade(output: Output, _assistants: Assistants) -> GradeResult:
        if output.cost_usd is None:
            raise GraderUnavailable(
                "cost has nothing to grade: the model has no known price",
                "Add its prices to the stack's context, or leave cost out.",
            )
        if output.cost_usd <= most:
            return MET
        return GradeResult(0.0, False, f"{output.cost_usd:.3g} USD, at most {most:g} expected")

    return grade
