"""Amounts and periods in text, and the conditions rules put on them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra.local.model.limits import with_digits

_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_NUMBER = r"(\d[\d,.]*)"
_PERIOD = re.compile(rf"{_NUMBER}[\s-]*(day|week|month|year)s?\b", re.I)
_MONEY = re.compile(
    rf"(?:[$€£]|\b(?:usd|eur|gbp)\s?){_NUMBER}"
    rf"|{_NUMBER}\s?(?:[$€£]|(?:usd|eur|gbp|euros?|dollars?|pounds?)\b)",
    re.I,
)
_ELAPSED = re.compile(r"\s*(?:ago|have passed|has passed|since|after|later|old)\b", re.I)
_RELATIVE = (
    ("yesterday", 1),
    ("today", 0),
    ("this morning", 0),
    ("last week", 7),
    ("last month", 30),
    ("last year", 365),
)
_ABOVE = re.compile(
    r"\b(?:more than|over|above|older than|later than|exceed\w*|beyond|longer than|after)\s*(?:the\s*)?$",
    re.I,
)
_BELOW = re.compile(
    r"\b(?:within|less than|under|below|up to|at most|no more than|not more than|no later than"
    r"|fewer than|inside)\s*(?:the\s+)?(?:first\s+)?$",
    re.I,
)


@dataclass(frozen=True)
class Condition:
    """A bound on days or money: more than the value if `above`, else at most the value."""

    unit: str
    value: float
    above: bool

    def holds(self, quantity: float) -> bool:
        return quantity > self.value if self.above else quantity <= self.value


def read_quantities(text: str) -> dict[str, float]:
    """The days and the money a text speaks of; elapsed time wins over other periods, then the largest."""
    text = with_digits(text)
    elapsed = [_days(match) for match in _PERIOD.finditer(text) if _ELAPSED.match(text[match.end() :])]
    elapsed += [days for phrase, days in _RELATIVE if re.search(rf"\b{phrase}\b", text, re.I)]
    periods = elapsed or [_days(match) for match in _PERIOD.finditer(text)]
    amounts = [_money(match) for match in _MONEY.finditer(text)]
    found = {"days": max(periods, default=None), "money": max(amounts, default=None)}
    return {unit: value for unit, value in found.items() if value is not None}


def read_conditions(rule: str) -> list[Condition]:
    """The bounds stated in a rule, such as `within 14 days` or `above 100 euros`."""
    rule = with_digits(rule)
    found = []
    for unit, pattern, value in (("days", _PERIOD, _days), ("money", _MONEY, _money)):
        for match in pattern.finditer(rule):
            before = rule[: match.start()]
            if _BELOW.search(before):
                found.append(Condition(unit, value(match), above=False))
            elif _ABOVE.search(before):
                found.append(Condition(unit, value(match), above=True))
    return found


def _days(match: re.Match[str]) -> float:
    return _float(match.group(1)) * _DAYS[match.group(2).lower()]


def _money(match: re.Match[str]) -> float:
    return _float(match.group(1) or match.group(2))


def _float(digits: str) -> float:
    whole, _, cents = digits.strip(".,").replace(",", ".").rpartition(".")
    if len(cents) == 3 or not whole:
        return float((whole + cents).replace(".", ""))
    return float(f"{whole.replace('.', '')}.{cents}")
