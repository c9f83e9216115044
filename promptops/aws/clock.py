"""The time, as every stored document writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_FORM = "%Y-%m-%dT%H:%M:%S.%fZ"


class SystemClock:
    def now(self) -> str:
        """UTC with microseconds: `2026-05-26T16:10:01.000000Z`."""
        return datetime.now(UTC).strftime(_FORM)

    def later(self, hours: float) -> str:
        return (datetime.now(UTC) + timedelta(hours=hours)).strftime(_FORM)
