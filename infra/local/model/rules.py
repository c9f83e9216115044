"""Which of the stated rules fits the input, and what it decides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.model.meaning import affirmed_concepts, concepts
from infra.local.model.quantities import read_conditions, read_quantities

_LABEL = re.compile(r"^\s*\(?((?:[A-Za-z]{1,8} ?)?\d+(?:\.\d+)*)\s*[.:)]\s+")
_EXCEPTION = re.compile(r"\b(?:unless|except(?: when| if| for)?)\b", re.I)
_DEFAULT = re.compile(
    r"\b(?:otherwise|anything else|everything else|(?:all|any) other|in doubt|unclear|nothing fits)\b",
    re.I,
)
_CAREFUL = ("escalate", "review", "manual", "unknown", "unclear", "other", "unsure", "neutral", "none")
_FITS = 1.0


@dataclass(frozen=True)
class Ruling:
    """A chosen value, with the label (may be empty) and the wording of the rule behind it, if one fits."""

    value: str
    label: str = ""
    rule: str = ""


def rule_on(data: str, rules: Sequence[str], values: Sequence[str], *, first_wins: bool) -> Ruling:
    """The value, out of `values`, that the rules decide for the data.

    A rule decides when it names one value and shares its subject with the data, and none of its amounts or
    periods is contradicted. Failing that the rule for everything else decides, then the most careful value.
    """
    deciding = [(rule, value) for rule in rules if (value := _named_value(rule, values))]
    defaults = [entry for entry in deciding if _DEFAULT.search(entry[0])]
    specific = [entry for entry in deciding if entry not in defaults]
    shared_by = Counter(concept for rule, value in specific for concept in _subject(rule, value))
    weighed = [(_weight(rule, value, data, shared_by), rule, value) for rule, value in specific]
    fitting = [entry for entry in weighed if entry[0] >= _FITS]
    if fitting:
        _, rule, value = fitting[0] if first_wins else max(fitting, key=lambda entry: entry[0])
        return _ruling(rule, value)
    if defaults:
        return _ruling(*defaults[0])
    return Ruling(_most_careful(values))


def _weight(rule: str, value: str, data: str, shared_by: Counter[str]) -> float:
    spoken = affirmed_concepts(data)
    quantities = read_quantities(data)
    exception = _EXCEPTION.split(rule, maxsplit=1)[1:]
    if exception and concepts(exception[0]) & spoken:
        return 0.0
    weight = sum(1 / shared_by[concept] for concept in _subject(rule, value) & spoken)
    for condition in read_conditions(rule):
        known = quantities.get(condition.unit)
        if known is None and not condition.above:
            continue
        if known is None or not condition.holds(known):
            return 0.0
        # More than a bound is a reason in itself; staying within one only permits.
        weight += _FITS if condition.above else _FITS / 2 if weight else 0.0
    return weight


def _subject(rule: str, value: str) -> set[str]:
    stated = _EXCEPTION.split(_LABEL.sub("", rule), maxsplit=1)[0]
    return concepts(stated) - concepts(value)


def _named_value(rule: str, values: Sequence[str]) -> str:
    spoken = concepts(rule)
    named = [value for value in values if concepts(value.replace("_", " ")) & spoken]
    return named[0] if len(named) == 1 else ""


def _most_careful(values: Sequence[str]) -> str:
    return next((value for word in _CAREFUL for value in values if word in value.lower()), values[-1])


def _ruling(rule: str, value: str) -> Ruling:
    label = _LABEL.match(rule)
    return Ruling(value, label.group(1) if label else "", _LABEL.sub("", rule).strip())
