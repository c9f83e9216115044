"""What a person sees while something takes its time: a line a step, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from promptops.cli.output import console_of, show

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


#: Between two lines about the same where nothing can be drawn anew.
SECONDS_BETWEEN = 5.0


class Progress:
    """Finished steps above; on a terminal the current state and its running time below."""

    def __init__(
        self, console: Console, state: str, *, drawn: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._drawn = drawn
        self._clock = clock
        self._started = self._said = clock()
        self.state = state

    def count(self, state: str) -> None:
        """How far it has come: on a terminal at once, elsewhere a line every few seconds."""
        self.state = state
        now = self._clock()
        if not self._drawn and now - self._said >= SECONDS_BETWEEN:
            self._said = now
            self.step(now - self._started, state)

    def step(self, seconds: float, text: str) -> None:
        """One finished step, so many seconds after the beginning."""
        show(self._console, f"{seconds:7.1f} s  {text}")

    def say(self, text: str) -> None:
        show(self._console, text)

    def __rich__(self) -> Text:
        from rich.text import Text

        return Text(f"{self._clock() - self._started:7.0f} s  {self.state} …", style="dim")


@contextmanager
def progress(state: str) -> Iterator[Progress]:
    """Shows progress until the block ends."""
    console = console_of(sys.stderr)
    drawn = sys.stderr.isatty()
    shown = Progress(console, state, drawn=drawn)
    if not drawn:
        yield shown
        return
    from rich.live import Live

    with Live(shown, console=console, refresh_per_second=4, transient=True):
        yield shown
