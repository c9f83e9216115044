"""Waiting for what the deployed parts do by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_PAUSE_SECONDS = 0.05


def until(what: str, look: Callable[[], T], seconds: float = 60) -> T:
    """What `look` gives as soon as it gives something; fails with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(_PAUSE_SECONDS)
    return found
