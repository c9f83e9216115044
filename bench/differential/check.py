"""One assertion over one recorded output, and what a grader made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Assertion = Mapping[str, Any]


@dataclass(frozen=True)
class Recorded:
    """What a model answered; `latency_ms` and `cost_usd` are None where nobody knows them."""

    output: str
    latency_ms: int | None = 100
    cost_usd: float | None = None


@dataclass(frozen=True)
class Check:
    """`differs` names the listed difference that may explain two verdicts; empty where there must be one."""

    assertion: Assertion
    recorded: Recorded
    variables: Mapping[str, Any] = field(default_factory=dict)
    differs: str = ""

    def __str__(self) -> str:
        return f"{dict(self.assertion)!s:.160} over {self.recorded.output!r:.80}"


@dataclass(frozen=True)
class Verdict:
    """`outcome` is pass, fail or error; the score of an error means nothing and is 0."""

    outcome: str
    score: float = 0.0

    def agrees(self, other: Verdict) -> bool:
        return self.outcome == other.outcome and abs(self.score - other.score) < 1e-9

    def __str__(self) -> str:
        return self.outcome if self.outcome == "error" else f"{self.outcome} {self.score:.3g}"


def each(
    assertions: Sequence[Assertion],
    outputs: Sequence[str | Recorded],
    *,
    variables: Mapping[str, Any] | None = None,
    differs: str = "",
) -> Iterator[Check]:
    """Each assertion, and its negation, over each output."""
    for assertion in assertions:
        for form in (assertion, {**assertion, "type": f"not-{assertion['type']}"}):
            for output in outputs:
                recorded = output if isinstance(output, Recorded) else Recorded(output)
                yield Check(form, recorded, variables or {}, differs)
