"""The number of an order, invoice or case that a text names."""

from __future__ import annotations

import re

NO_REFERENCE = "none"

_NAMED = re.compile(
    r"\b(?:order|invoice|case|ticket|booking|contract|reference|serial)\b[\s,:#-]*(?:(?:number|no|nr|id)\b[\s.:#]*)?"
    r"(?:is\s+)?([A-Z]{0,4}[-/]?\d[\dA-Z/-]{2,})",
    re.I,
)
_MARKED = re.compile(r"#\s?(\d{3,})\b|\b([A-Z]{1,5}-\d{3,})\b")


def reference_in(text: str) -> str:
    """The first such number as it is written, or NO_REFERENCE."""
    found = _NAMED.search(text) or _MARKED.search(text)
    return next(group for group in found.groups() if group).rstrip("-/") if found else NO_REFERENCE
