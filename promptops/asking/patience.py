"""Asking again: waiting a random while between attempts, and not for ever.

What a dead provider must not get is every question several times over. So attempts after the first come out
of a budget that grows with the first ones: where everything fails, the run fails almost as fast as without.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from promptops.asking.pace import Pace
from promptops.asking.timer import SystemTimer, Timer
from promptops.domain.errors import Unavailable
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded, Provider

T = TypeVar("T")
#: Of an error: how long the provider asks to wait.
RETRY_AFTER = "retry_after_seconds"


@dataclass(frozen=True)
class Patience:
    """How often one question is asked, and how long all of that may take.

    The wait before attempt n+1 is random, from nothing to `first_wait_seconds` doubled n-1 times, at most
    `longest_wait_seconds`: "full jitter", of the variants that AWS's architecture blog compares ("Exponential
    Backoff And Jitter", 2015) the one with which clients get in each other's way least. A provider that says
    how long to wait is obeyed. No attempt begins after `deadline_seconds`.
    """

    attempts: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 20.0
    deadline_seconds: float = 120.0

    def wait_seconds(self, attempt: int, share: float) -> float:
        """Before the attempt after this one (the first is 1), `share` being in 0..1."""
        return share * min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (attempt - 1))


class RetryBudget:
    """Attempts after the first, of one run: a few, and one for each five questions."""

    def __init__(self, share: float = 0.2, reserve: float = 10) -> None:
        self._share = share
        self._left = reserve
        self._lock = threading.Lock()

    def note_question(self) -> None:
        with self._lock:
            self._left += self._share

    def take(self) -> bool:
        """Whether one more attempt may be made; it then counts."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True


class Patient:
    """A provider that is asked again where that may help; shared by all threads of a run."""

    def __init__(
        self,
        provider: Provider,
        *,
        budget: RetryBudget,
        pace: Pace | None = None,
        patience: Patience | None = None,
        timer: Timer | None = None,
        share: Callable[[], float] = random.random,
    ) -> None:
        self._provider = provider
        self._budget = budget
        self._pace = pace or Pace()
        self._patience = patience or Patience()
        self._timer = timer or SystemTimer()
        self._share = share

    def answer(self, question: Question) -> Answer:
        """The first answer there is; raises the last attempt's error."""
        return self._persist(question.model, lambda: self._provider.answer(question))

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        return self._persist(model, lambda: self._provider.embed(model, texts))

    def _persist(self, model: ModelName, ask: Callable[[], T]) -> T:
        self._budget.note_question()
        self._pace.take_turn(model)
        give_up_at = self._timer.now() + self._patience.deadline_seconds
        attempt = 1
        while True:
            try:
                return ask()
            except Unavailable as error:
                wait = self._wait_seconds(attempt, error)
                if (
                    not error.retryable
                    or attempt == self._patience.attempts
                    or self._timer.now() + wait > give_up_at
                    or not self._budget.take()
                ):
                    raise
            self._timer.sleep(wait)
            self._pace.take_turn(model)
            attempt += 1

    def _wait_seconds(self, attempt: int, error: Unavailable) -> float:
        asked_for = error.data.get(RETRY_AFTER, 0)
        least = float(asked_for) if isinstance(asked_for, (int, float)) else 0.0
        return max(least, self._patience.wait_seconds(attempt, self._share()))
