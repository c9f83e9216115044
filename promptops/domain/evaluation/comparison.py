"""How a version did beside the live one, case by case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

#: What a comparison shows of a version.
Beside = Literal["worse", "no worse", "open"]


@dataclass(frozen=True)
class Comparison:
    """Paired over the cases both versions answered.

    `difference` is the weighted mean of new minus live score, `low` and `high` its bootstrap interval of 95%;
    `newly_failed` and `newly_passed` are case ids, `newly_failed_critical` those of them that are critical;
    `p_value` is the exact McNemar test's over both. Without enough pairs nothing is compared and
    `impossible_because` says why.
    """

    pairs: int
    difference: float = 0.0
    low: float = 0.0
    high: float = 0.0
    p_value: float = 1.0
    newly_failed: tuple[str, ...] = ()
    newly_passed: tuple[str, ...] = ()
    newly_failed_critical: tuple[str, ...] = ()
    impossible_because: str = ""

    def beside(self, margin: float) -> Beside:
        """Where the whole interval lies: below `-margin`, at or above it, or on both sides."""
        if self.high < -margin:
            return "worse"
        return "no worse" if self.low >= -margin else "open"

    def to_dict(self) -> dict[str, object]:
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Comparison:
        lists = ("newly_failed", "newly_passed", "newly_failed_critical")
        changed: dict[str, Any] = {name: tuple(document[name]) for name in lists}
        return cls(**{**document, **changed})
