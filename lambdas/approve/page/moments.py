"""Times for people: always UTC, and how far away they are."""

from __future__ import annotations

from datetime import datetime

from promptops.domain.markup import Html, tag


def moment(iso: str) -> Html | None:
    """`21 Nov 2025, 09:12 UTC`; nothing for an empty text."""
    if not iso:
        return None
    return tag("time", f"{datetime.fromisoformat(iso):%-d %b %Y, %H:%M} UTC", datetime=iso)


def left(now: str, until: str) -> str:
    """`3 days`, `23 hours`, `5 minutes`: rounded down, so that it never promises too much."""
    seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(now)).total_seconds()
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds // size)
        if count >= (2 if name == "day" else 1):
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"
