"""A revoked version followed until no environment serves it."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptops.cli.outcome import is_projected
from promptops.cli.progress import Progress, progress
from promptops.domain.errors import AccessRefused, Unavailable
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head

if TYPE_CHECKING:
    from promptops.cli.line import Line

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Left:
    """An environment that served the version and serves something else now, or nothing."""

    environment: str
    head: Head

    def __str__(self) -> str:
        head = self.head
        if head.state == "live":
            return f"v{head.version} is live in {self.environment} instead, revision {head.revision}"
        return f"{head.prompt_id} is {head.state} in {self.environment}: nothing is served"

    def to_dict(self) -> dict[str, object]:
        head = self.head
        return {
            "environment": self.environment,
            "version": f"v{head.version}",
            "revision": head.revision,
            "state": head.state,
        }


class Withdrawal:
    """Looks at each environment until it is settled; `served` are those where the version was live."""

    def __init__(self, ref: PromptRef, line: Line, served: Collection[str]) -> None:
        self._ref = ref
        self._line = line
        self._served = set(served)
        self.open = list(line.ledgers.names)
        self.left: list[Left] = []

    def look(self, shown: Progress, seconds: float) -> None:
        """Settle what has settled; an environment that does not answer stays open."""
        for environment in list(self.open):
            try:
                head = self._line.ledgers[environment].head(self._ref.prompt_id)
                if self._is_live(head):
                    if environment not in self._served:
                        shown.step(seconds, f"{self._ref} is live in {environment}")
                    self._served.add(environment)
                    continue
                if environment in self._served:
                    if not is_projected(head.prompt_id, environment, head.revision, self._line):
                        continue
                    self.left.append(Left(environment, head))
                    shown.step(seconds, str(self.left[-1]))
                self.open.remove(environment)
            except (AccessRefused, Unavailable) as error:
                shown.state = f"{environment} does not answer ({error.code})"

    def _is_live(self, head: Head) -> bool:
        return head.version == self._ref.version and head.state == "live"


def follow_withdrawal(
    ref: PromptRef,
    line: Line,
    *,
    served: Collection[str],
    timeout_seconds: float,
) -> Withdrawal:
    """How it has left service, when no environment is open or the time is over.

    `served` are environments that are known to have served it, for those it has left already.
    """
    begun = time.monotonic()
    withdrawal = Withdrawal(ref, line, served)
    with progress(f"{ref} leaves service") as shown:
        while True:
            seconds = time.monotonic() - begun
            withdrawal.look(shown, seconds)
            if not withdrawal.open or seconds >= timeout_seconds:
                return withdrawal
            shown.state = f"still open: {', '.join(withdrawal.open)}"
            time.sleep(POLL_SECONDS)
