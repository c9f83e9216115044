"""Which of the stated rules fits the input, and what it decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.model.meaning import signed_concepts
from infra.local.model.quantities import read_quantities
from infra.local.model.reading import Reading
from infra.local.model.rulebook import Rule, Rulebook
from infra.local.model.symptoms import nearest_level, ranks

_CAREFUL = ("escalate", "review", "manual", "unknown", "unclear", "other", "unsure", "neutral", "none")
_FITS = 1.0
#: Where the best of all rules wins, it needs less to be right than one that is asked alone.
_FITS_BEST = 0.5


@dataclass(frozen=True)
class Ruling:
    """A chosen value, with the label (may be empty) and the wording of the rule behind it, if one fits."""

    value: str
    label: str = ""
    rule: str = ""


def rule_on(reading: Reading, book: Rulebook) -> Ruling:
    """The value that a field's rules decide for an input.

    A rule decides when it shares its subject with the input and none of its amounts or periods is
    contradicted. Failing that the rule for everything else decides, then the most careful value.
    """
    enough = _FITS_BEST if book.order == "best" else _FITS
    fitting = [(weight, rule) for rule in book.rules if (weight := _weight(rule, book, reading)) >= enough]
    if fitting:
        chosen = {"first": fitting[0], "last": fitting[-1]}.get(book.order)
        return _ruling((chosen or max(fitting, key=lambda entry: entry[0]))[1])
    return _ruling(book.default) if book.default else Ruling(_most_careful(book.values))


def _weight(rule: Rule, book: Rulebook, reading: Reading) -> float:
    text = reading.part(rule.told, last=rule.last_part)
    spoken = signed_concepts(text)
    if rule.exception & spoken:
        return 0.0
    weight = sum(book.weights[concept] for concept in rule.subject & spoken)
    quantities = read_quantities(text) if rule.conditions else {}
    for condition in rule.conditions:
        known = quantities.get(condition.unit)
        if known is None and not condition.above:
            continue
        if known is None or not condition.holds(known):
            return 0.0
        # More than a bound is a reason in itself; staying within one only permits.
        weight += _FITS if condition.above else _FITS / 2 if weight else 0.0
    return weight


def _most_careful(values: Sequence[str]) -> str:
    if ranks(values):
        return nearest_level(values, "medium")
    return next((value for word in _CAREFUL for value in values if word in value.lower()), values[-1])


def _ruling(rule: Rule) -> Ruling:
    return Ruling(rule.value, rule.label, rule.wording)
