"""Requests a minute, for each model: who comes too early waits for its turn."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from promptops.asking.timer import SystemTimer, Timer
from promptops.domain.errors import Throttled
from promptops.domain.question import ModelName

#: What may be asked at once after a pause; a whole minute's worth would be one burst.
BURST_SECONDS = 1.0
#: Who would wait longer is told so: a function lives for minutes only.
MAX_WAIT_SECONDS = 300.0


class Pace:
    """The turns of every model that has a limit; shared by all threads that ask it."""

    def __init__(
        self,
        requests_per_minute: Mapping[ModelName, float] | None = None,
        *,
        timer: Timer | None = None,
        max_wait_seconds: float = MAX_WAIT_SECONDS,
    ) -> None:
        self._timer = timer or SystemTimer()
        self._max_wait_seconds = max_wait_seconds
        self._turns = {model: _Turns(limit) for model, limit in (requests_per_minute or {}).items()}

    def take_turn(self, model: ModelName) -> None:
        """Returns when the model may be asked; raises Throttled at once if that would be in minutes."""
        turns = self._turns.get(model)
        if turns is None:
            return
        wait = turns.take(self._timer.now(), self._max_wait_seconds)
        if wait is None:
            raise Throttled(
                f"{model.id} may be asked {turns.requests_per_minute:g} times a minute, and more are waiting "
                f"than have their turn within {self._max_wait_seconds:g} s",
                "Raise requests_per_minute, or ask fewer cases at a time.",
            )
        if wait > 0:
            self._timer.sleep(wait)


class _Turns:
    """Turns at equal distances; unused ones of the last second are not lost."""

    def __init__(self, requests_per_minute: float) -> None:
        self.requests_per_minute = requests_per_minute
        self._distance = 60 / requests_per_minute
        self._saved = max(BURST_SECONDS - self._distance, 0.0)
        self._next = float("-inf")
        self._lock = threading.Lock()

    def take(self, now: float, longest: float) -> float | None:
        """Seconds until the turn just taken; None, and no turn, if they are too many."""
        with self._lock:
            turn = max(self._next, now - self._saved)
            wait = turn - now
            if wait > longest:
                return None
            self._next = turn + self._distance
            return wait
