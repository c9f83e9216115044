"""Time that passes only when somebody sleeps, and who slept for how long."""

from __future__ import annotations

import threading


class FakeTimer:
    def __init__(self) -> None:
        self.moment = 0.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.moment += seconds
            self.slept.append(seconds)


class StandingTimer(FakeTimer):
    """Many who sleep side by side: each takes note, and the clock stands still."""

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
