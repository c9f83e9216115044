"""How long a function's call may still take."""

from __future__ import annotations

import math
from typing import Any

from promptops.ports import SecondsLeft


def until_timeout(context: Any) -> SecondsLeft:
    """By the context of the call; without end where there is none."""
    if context is None:
        return lambda: math.inf
    return lambda: float(context.get_remaining_time_in_millis()) / 1_000
