"""What a person sees while something takes long: a line on standard error, and another when it is done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

_QUIET_SECONDS = 2.0
_REPEAT_SECONDS = 10.0


@contextmanager
def step(what: str, *, stream: TextIO | None = None) -> Iterator[None]:
    """Says nothing of what takes less than two seconds."""
    out = stream or sys.stderr
    started, done = time.monotonic(), threading.Event()
    spoken = threading.Event()

    def speak() -> None:
        wait = _QUIET_SECONDS
        while not done.wait(wait):
            print(f"{what} … {time.monotonic() - started:.0f} s", file=out, flush=True)
            spoken.set()
            wait = _REPEAT_SECONDS

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield
    except BaseException:
        done.set()
        speaker.join()
        raise
    done.set()
    speaker.join()
    if spoken.is_set():
        print(f"{what}: {time.monotonic() - started:.1f} s", file=out, flush=True)
