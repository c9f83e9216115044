"""What graders are given and what they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from promptops.domain.errors import InvalidDataset, shown
from promptops.domain.graders.tally import Tally


@dataclass(frozen=True)
class Output:
    """One answer to be graded. `cost_usd` and `latency_ms` are None where nobody knows them."""

    text: str
    variables: Mapping[str, object] = field(default_factory=dict)
    latency_ms: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True)
class GradeResult:
    """`score` in 0..1; `reason` says what was expected, empty when the assertion was met.

    `metrics` holds those of the assertions inside a set; its own metric is no matter of a grader.
    """

    score: float
    passed: bool
    reason: str
    metrics: Mapping[str, Tally] = field(default_factory=dict)


class Assistants(Protocol):
    """The models that model-graded assertions ask; each raises ModelUnavailable or GraderUnavailable."""

    def judge(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The judge's answer."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector a text, all of one dimension."""


@dataclass(frozen=True)
class Expectation:
    """One assertion as its author wrote it, the case's variables filled into its texts.

    `kind` is without `not-`; `threshold` is None where none is written; `settings` holds what only some kinds
    know, such as llm-rubric's rubricPrompt. The value of an assert-set is its `Assertion`s.
    """

    kind: str
    value: object = None
    threshold: float | None = None
    negated: bool = False
    settings: Mapping[str, object] = field(default_factory=dict)

    def needs(self, what: str) -> InvalidDataset:
        """The error of an assertion that makes no sense; `what` says how to write it."""
        return InvalidDataset(f"the value of {self.kind} is {shown(self.value)}", what)

    def threshold_or(self, default: float) -> float:
        """The threshold, a finite number."""
        return default if self.threshold is None else self.required_threshold("")

    def required_threshold(self, unit: str) -> float:
        number = self.threshold
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            raise InvalidDataset(
                f"the threshold of {self.kind} is {shown(number)}", f"Write threshold: a number{unit}."
            )
        return number


Grader = Callable[[Output, Assistants], GradeResult]
#: Makes a grader once for a case; raises InvalidDataset when the assertion makes no sense.
Builder = Callable[[Expectation], Grader]


@dataclass(frozen=True)
class Assertion:
    """One expectation of an answer, ready to grade; with weight 0 it is only measured and cannot fail.

    `kind` is as written, `not-` included.
    """

    kind: str
    grade: Grader
    weight: float = 1.0
    metric: str = ""


MET = GradeResult(1.0, True, "")


def binary(objection: Callable[[str], str]) -> Grader:
    """Grades 1 or 0 by what the answer's text lacks, empty when it lacks nothing."""

    def grade(output: Output, _assistants: Assistants) -> GradeResult:
        lacking = objection(output.text)
        return GradeResult(0.0, False, lacking) if lacking else MET

    return grade
