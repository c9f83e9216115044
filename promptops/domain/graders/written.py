"""How a value that is no text is written when it is compared with text: as JavaScript writes it."""

from __future__ import annotations

from decimal import Decimal

#: Between these JavaScript writes no exponent.
_PLAIN = (1e-6, 1e21)


def written(value: object) -> str | None:
    """`true`, `5`, `0.1`, `null`, and 1.0 as `1`; None for lists and objects, which have no such form."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < _PLAIN[1] else written(float(value))
    if isinstance(value, float):
        return _number(value)
    return None


def _number(value: float) -> str:
    if value == 0 or _PLAIN[0] <= abs(value) < _PLAIN[1]:
        text = f"{Decimal(repr(abs(value))):f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return f"-{text}" if value < 0 else text
    return repr(value).replace("e-0", "e-")
