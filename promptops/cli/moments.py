"""Moments as people type them: so long ago, or a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from promptops.domain.errors import InvalidUsage, shown

_AGO = re.compile(r"([1-9][0-9]{0,5})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment_of(text: str, now: datetime, option: str = "--since") -> str:
    """The moment in `30m`, `2h`, `7d` or an ISO 8601 time, as ledgers write it; UTC unless it says otherwise.

    Raises InvalidUsage for other texts and for times to come.
    """
    ago = _AGO.fullmatch(text)
    try:
        found = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])}) if ago else datetime.fromisoformat(text)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        fix = "Write e.g. 30m, 2h, 7d or 2026-03-01T10:00Z."
        raise InvalidUsage(f"{option} {shown(text)} is no time", fix) from error
    if found > now:
        raise InvalidUsage(f"{option} {shown(text)} is to come", "Write a time that has been.")
    return found.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
