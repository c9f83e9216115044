"""Which graders there are: promptfoo's names and meanings, and `not-` before any of them for the opposite."""

from __future__ import annotations

import math
from collections.abc import Mapping

from promptops.domain.errors import BadInput, GraderUnavailable, InvalidDataset, PromptOpsError, shown
from promptops.domain.graders.assert_set import assert_set
from promptops.domain.graders.contains import contains, contains_all, contains_any
from promptops.domain.graders.contains_json import contains_json
from promptops.domain.graders.cost import cost
from promptops.domain.graders.equals import equals
from promptops.domain.graders.grading import Assistants, Builder, Expectation, Grader, GradeResult, Output
from promptops.domain.graders.is_json import is_json
from promptops.domain.graders.latency import latency
from promptops.domain.graders.levenshtein import levenshtein
from promptops.domain.graders.llm_rubric import llm_rubric
from promptops.domain.graders.regex import regex
from promptops.domain.graders.similar import similar
from promptops.domain.graders.starts_with import starts_with
from promptops.domain.graders.word_count import word_count
from promptops.domain.suggestion import did_you_mean

NEGATION = "not-"
TABLE: Mapping[str, Builder] = {
    "equals": equals,
    "contains": contains(ignore_case=False),
    "icontains": contains(ignore_case=True),
    "contains-all": contains_all(ignore_case=False),
    "contains-any": contains_any(ignore_case=False),
    "icontains-all": contains_all(ignore_case=True),
    "icontains-any": contains_any(ignore_case=True),
    "starts-with": starts_with,
    "regex": regex,
    "is-json": is_json,
    "contains-json": contains_json,
    "word-count": word_count,
    "levenshtein": levenshtein,
    "similar": similar,
    "latency": latency,
    "cost": cost,
    "llm-rubric": llm_rubric,
    "assert-set": assert_set,
}


def build(expectation: Expectation, table: Mapping[str, Builder] = TABLE) -> Grader:
    """What grades answers by this assertion; raises InvalidDataset for an unknown kind or an unfit value.

    The grader raises GraderUnavailable when it cannot run, negated or not, and quotes no answer when it does.
    """
    kind = f"{NEGATION if expectation.negated else ''}{expectation.kind}"
    builder = table.get(expectation.kind)
    if builder is None:
        known = [*table, *(f"{NEGATION}{name}" for name in table)]
        raise InvalidDataset(
            f"unknown assertion type {shown(kind)}{did_you_mean(kind.lower(), known)}",
            f"Known: {', '.join(table)}; each also as not-….",
        )
    run = builder(expectation)

    def grade(output: Output, assistants: Assistants) -> GradeResult:
        try:
            result = run(output, assistants)
        except PromptOpsError as error:
            if not isinstance(error, BadInput):
                raise
            raise _unavailable(kind, error.code) from None
        except Exception as error:
            raise _unavailable(kind, type(error).__name__) from None
        if not (math.isfinite(result.score) and 0 <= result.score <= 1):
            raise _unavailable(kind, "its score is no number in 0..1")
        if expectation.negated:
            return _opposite(result, expectation, kind)
        if result.passed:
            return result if not result.reason else GradeResult(result.score, True, "", result.metrics)
        return GradeResult(result.score, False, f"{kind}: {result.reason}", result.metrics)

    return grade


def _opposite(result: GradeResult, expectation: Expectation, kind: str) -> GradeResult:
    score = 1.0 - result.score
    if not result.passed:
        return GradeResult(score, True, "", result.metrics)
    reason = f"{kind}: {_met(expectation)}" + (f"; {result.reason}" if result.reason else "")
    return GradeResult(score, False, reason, result.metrics)


def _met(expectation: Expectation) -> str:
    """What the answer must not meet, in the assertion's words."""
    value, threshold = expectation.value, expectation.threshold
    if value is None or isinstance(value, tuple):
        return "met, and must not be" + ("" if threshold is None else f": threshold {threshold:g}")
    return f"met, and must not be: {shown(value)}"


def _unavailable(kind: str, why: str) -> GraderUnavailable:
    """Raised `from None`: the cause may quote the answer, and would be logged."""
    return GraderUnavailable(f"the grader {kind} could not run: {why}", "Correct the assertion's value.")
