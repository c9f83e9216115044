"""What came of one case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from promptops.domain.errors import EvaluationEmpty, InvalidScore, shown

#: Of a mean: the products in it are off by less, and a mean of eight tenths is no 0.7999999999999999.
DIGITS = 12


@dataclass(frozen=True)
class CaseResult:
    """One case, graded. Scores in 0..1; `reasons` say what failed, without the model's words.

    Over several repeats `score` is their mean and `pass_rate` the share that passed; `passed` says whether
    that share was enough. `metrics` has the mean score of the assertions of each metric. `live_score` and
    `live_passed` are the live version's on the same case, None where it was not asked. A case that could not
    be measured has an `error`, as `E_CODE`, and neither passed nor failed.
    """

    case_id: str
    score: float
    passed: bool
    critical: bool
    reasons: tuple[str, ...]
    latency_ms: int
    input_tokens: int
    output_tokens: int
    weight: float = 1.0
    tags: tuple[str, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    pass_rate: float = 1.0
    cost_usd: float | None = None
    live_score: float | None = None
    live_passed: bool | None = None
    error: str = ""

    @property
    def failed_critical(self) -> bool:
        """Whether it is critical and failed, be it in a single one of its repeats."""
        return self.critical and not (self.passed and self.pass_rate == 1)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> CaseResult:
        """The result again; raises InvalidScore as `check` does."""
        changed: dict[str, Any] = {
            "reasons": tuple(document["reasons"]),
            "tags": tuple(document.get("tags", ())),
        }
        result = cls(**{**document, **changed})
        result.check()
        return result

    def check(self) -> None:
        """Raises InvalidScore for what would make a gate pass or fail by luck, such as NaN."""
        live = () if self.live_score is None else (self.live_score,)
        for score in (self.score, self.pass_rate, *self.metrics.values(), *live):
            if not _is_number(score) or not 0 <= score <= 1:
                raise self._invalid(f"the score {shown(score)}, not in 0..1")
        if not _is_number(self.weight) or not 0 <= self.weight < math.inf:
            raise self._invalid(f"the weight {shown(self.weight)}")
        claims = (self.passed, self.critical, self.live_passed if live else False)
        if any(not isinstance(claim, bool) for claim in claims):
            raise self._invalid("a claim that is neither true nor false")

    def _invalid(self, what: str) -> InvalidScore:
        return InvalidScore(f"case {shown(self.case_id)} has {what}", "Evaluate the version again.")

    def to_dict(self) -> dict[str, object]:
        """What is as it is by default is left out: a report may hold 10,000 of these."""
        written = {}
        for item in fields(self):
            value = getattr(self, item.name)
            optional = item.default is not MISSING or item.default_factory is not MISSING
            if not optional or (value != item.default and value not in ((), {})):
                written[item.name] = list(value) if isinstance(value, tuple) else value
        return written


def mean_score(cases: Sequence[CaseResult]) -> float:
    """The weighted mean of the cases' scores, 0..1; those with an error count as 0."""
    return weighted_mean((case.score, case.weight) for case in cases)


def weighted_mean(weighed: Iterable[tuple[float, float]]) -> float:
    """The mean of values with their weights, to `DIGITS`; raises EvaluationEmpty without any weight."""
    pairs = list(weighed)
    total = math.fsum(weight for _, weight in pairs)
    if not total:
        raise EvaluationEmpty("no case has any weight", "Give a case a weight above 0.")
    return round(math.fsum(value * weight for value, weight in pairs) / total, DIGITS)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
