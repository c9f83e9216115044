"""How far a preview has come, as one line."""

from __future__ import annotations

import time
from collections.abc import Callable

from promptops.asking.spend import Meter
from promptops.cli.progress import Progress
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.report_summary import dollars


class Tally:
    """Counts results as they come and shows them."""

    def __init__(
        self, shown: Progress, meter: Meter, planned: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shown = shown
        self._meter = meter
        self._clock = clock
        self._began = clock()
        self.planned = planned
        self.done = self.passed = 0

    def note(self, result: CaseResult) -> None:
        self.done += 1
        self.passed += result.passed
        self._shown.count(f"{self}, {self._pace()}")

    def __str__(self) -> str:
        counted = f"{self.done:,} of {self.planned:,} cases, {self.passed:,} passed"
        return f"{counted}, {self.cost}"

    @property
    def cost(self) -> str:
        """Of what was answered so far."""
        known, usage = self._meter.spent_usd, self._meter.usage()
        if usage.cost_usd is None:
            return f"cost unknown (at least {dollars(known)})" if known else "cost unknown"
        return f"{dollars(known)} so far"

    def _pace(self) -> str:
        seconds = max(self._clock() - self._began, 0.001)
        return f"{60 * self.done / seconds:,.0f} a minute"
