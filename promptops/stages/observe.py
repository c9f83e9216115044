"""observe: uses of prompts become metrics keyed by environment, prompt and version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from promptops.domain.usage import Use, parse_uses


class UseSink(Protocol):
    def emit(self, use: Use) -> None: ...


def observe(records: object, *, environments: Sequence[str], sink: UseSink) -> int:
    """How many uses were recorded: all of them, or InvalidRecord and none."""
    uses = parse_uses(records, environments)
    for use in uses:
        sink.emit(use)
    return len(uses)
