"""What somebody may have meant by a name that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

#: Comparing takes time that grows with the name, and nobody mistypes more.
_MAX_CHARS = 100


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean 'owner'?)`, or nothing where no known name is close."""
    if not isinstance(name, str) or len(name) > _MAX_CHARS:
        return ""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
