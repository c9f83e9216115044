"""How often one version was evaluated, and how that went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: So many evaluations of one version are shown; the rest is counted.
SHOWN = 10


@dataclass(frozen=True)
class PastEvaluation:
    """What the report under `key` says of itself; `verdict` is `unreadable` where it is no report."""

    key: str
    verdict: str
    score: float
    finished_at: str


@dataclass(frozen=True)
class EvaluationHistory:
    """All `total` evaluations of one version, of which the `newest` were read; newest first."""

    total: int
    newest: Sequence[PastEvaluation]

    def number_of(self, key: str) -> int | None:
        """Which one the report is, counted from 1; None if it is older than those that were read."""
        keys = [past.key for past in self.newest]
        return self.total - keys.index(key) if key in keys else None

    def title(self, key: str) -> str:
        """`evaluation 3 of 4 of this version`."""
        number = self.number_of(key)
        which = f"evaluation {number:,}" if number else "an older evaluation"
        return f"{which} of {self.total:,} of this version"

    def others(self, key: str) -> list[PastEvaluation]:
        """Those that were read, but for this one."""
        return [past for past in self.newest if past.key != key]

    @property
    def unread(self) -> int:
        return self.total - len(self.newest)


def outcome(past: PastEvaluation) -> str:
    """`fail 0.74`; a score beside a verdict that rests on none would look like one."""
    unscored = past.verdict in ("error", "unreadable")
    return past.verdict if unscored else f"{past.verdict} {past.score:.2f}"


def tries(history: EvaluationHistory, key: str) -> list[str]:
    """All other evaluations in one sentence; none where there is but this one."""
    if history.total < 2:
        return []
    others = [f"{outcome(past)} ({past.finished_at[:10]})" for past in history.others(key)]
    more = [f"{history.unread:,} older"] if history.unread else []
    return [f"This is {history.title(key)}; the others: {', '.join([*others, *more])}."]
