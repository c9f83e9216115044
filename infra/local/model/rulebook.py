"""The rules that instructions state for one field: which value is right for what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from infra.local.model.fields import field_pattern
from infra.local.model.meaning import concepts, signed_concepts
from infra.local.model.quantities import Condition, read_conditions
from infra.local.model.sentences import Sentence, words

Order = Literal["first", "last", "best"]

_LABEL = re.compile(r"^\s*\(?((?:[A-Za-z]{1,8} ?)?\d+(?:\.\d+)*)\s*[.:)]\s+")
_EXCEPTION = re.compile(r"\b(?:unless|except(?: when| if| for)?)\b", re.I)
_DEFAULT = re.compile(
    r"\b(?:otherwise|(?:any|every)thing else|(?:all|any) other|in doubt|unclear"
    r"|(?:nothing|none|no (?:other|rule)\b.{0,25}) (?:fits|applies|matches))\b",
    re.I,
)
_FORBIDS = re.compile(r"^(?:never|not|no|(?:any|every)thing (?:but|except)|all (?:but|except))\b", re.I)
_NEGATION = re.compile(r"\b(?:never|not|no|don't|avoid)\W+(?:\w+\W+){0,2}$", re.I)
_LAST_PART = re.compile(r"\b(?:last|latest|final|newest)\s+(?:message|turn|line|reply|answer|words?)\b", re.I)
_UNITS = frozenset(concepts("days weeks months years euros dollars pounds"))
_SAYING = r"(?:use|choose|pick|select|answer|say|write|return|assign)"
_MEANING = (
    r"(?:(\s*(?::|=|\u2013|\u2014|\()|\s-\s)|\s+(?:is|are|means?|when(?:ever)?|if|for|covers?|stands|applies"
    r"|describes?)\b)"
)
_CONCLUDING = r"(?:[:=\u2192]|->|=>|\b(?:is|are|means|counts? as|goes to|use|choose|pick|select|answer|say))"


@dataclass(frozen=True)
class Rule:
    """What speaks for a value; `told` (its words) and `last_part` tell which part of the data has to."""

    value: str
    label: str
    wording: str
    subject: frozenset[str]
    exception: frozenset[str] = frozenset()
    conditions: tuple[Condition, ...] = ()
    told: tuple[str, ...] = ()
    last_part: bool = False


@dataclass(frozen=True)
class Rulebook:
    """The rules of one field in their order; `weights` says how telling each concept is."""

    values: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    default: Rule | None = None
    order: Order = "best"
    weights: Mapping[str, float] = field(default_factory=dict)


def read_rulebook(
    name: str, values: Sequence[str], stated: Sequence[Sentence], fields: Collection[str], order: Order
) -> Rulebook:
    """The rules on a field's values.

    Sentences that define a value (`late: the parcel …`, `Use late when …`, `… is late`) are rules, and so are
    those that merely name one (`Return what came late`), unless the values are listed with their meanings.
    """
    own = [sentence for sentence in stated if not _stands_under_another(sentence, name, fields)]
    listed = any(_is_entry(sentence.text, values) for sentence in own)
    found = []
    for sentence in own:
        value = _defined(sentence.text, values)
        if not value and not listed and not _mentions_one(sentence.text, fields):
            value = _named(sentence.text, values)
        if value:
            found.append((sentence.text, value))
    rules = [_rule(text, value) for text, value in found if not _DEFAULT.search(text)]
    defaults = [_rule(text, value) for text, value in found if _DEFAULT.search(text)]
    return Rulebook(tuple(values), tuple(rules), defaults[0] if defaults else None, order, _weights(rules))


def _mentions_one(text: str, fields: Collection[str]) -> bool:
    return any(field_pattern(name).search(text) for name in fields)


def _is_entry(text: str, values: Sequence[str]) -> bool:
    """Whether a sentence is an entry of a glossary: a value, a mark and what the value means."""
    body = _LABEL.sub("", text)
    return any((match := _definition(value)[0].match(body)) and match.group(1) for value in values)


def _stands_under_another(sentence: Sentence, name: str, fields: Collection[str]) -> bool:
    mentioned = {other for other in fields if field_pattern(other).search(sentence.heading)}
    return bool(mentioned) and name not in mentioned


def _defined(text: str, values: Sequence[str]) -> str:
    """The one value a sentence says the meaning of, or nothing; a forbidden value is not defined."""
    body = _LABEL.sub("", text)
    found = []
    for value in values:
        opening, closing = _definition(value)
        match = opening.match(body)
        if (match and not _FORBIDS.match(body[match.end() :].strip())) or (
            (match := closing.search(body)) and not _NEGATION.search(body[: match.start()])
        ):
            found.append(value)
    return found[0] if len(found) == 1 else ""


@lru_cache(maxsize=512)
def _definition(value: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    spelled = r"[`\"'*]*" + re.escape(value).replace("_", r"[_\s-]") + r"[`\"'*]*"
    led = rf"(?:{_SAYING}\s+|(?:set|mark|rate|label)\b[^.]{{0,25}}\b(?:to|as)\s+)?"
    return (
        re.compile(rf"^\W*{led}{spelled}(?!\w){_MEANING}", re.I),
        re.compile(rf"{_CONCLUDING}\s*{spelled}\s*[.!)]*$", re.I),
    )


def _named(text: str, values: Sequence[str]) -> str:
    """The one value a sentence speaks of, unless it is told not to be used."""
    spoken = concepts(text)
    named = [value for value in values if concepts(value.replace("_", " ")) & spoken]
    if len(named) != 1:
        return ""
    wanted = concepts(named[0].replace("_", " "))
    before = next((text[: text.lower().find(word)] for word in words(text) if concepts(word) & wanted), "")
    return "" if _NEGATION.search(before) else named[0]


def _rule(text: str, value: str) -> Rule:
    label = _LABEL.match(text)
    wording = _LABEL.sub("", text).strip()
    opening, _ = _definition(value)
    defined = opening.match(wording)
    told, *excepted = _EXCEPTION.split(wording[defined.end() :] if defined else wording, maxsplit=1)
    subject = signed_concepts(told) - _UNITS - (set() if defined else concepts(value.replace("_", " ")))
    return Rule(
        value=value,
        label=label.group(1) if label else "",
        wording=wording,
        subject=frozenset(concept for concept in subject if not concept[-1:].isdigit()),
        exception=frozenset(concepts(excepted[0])) if excepted else frozenset(),
        conditions=tuple(read_conditions(wording)),
        told=tuple(words(told)),
        last_part=bool(_LAST_PART.search(told)),
    )


def _weights(rules: Sequence[Rule]) -> dict[str, float]:
    """One for a concept that one rule alone speaks of, less for what several share."""
    shared = Counter(concept for rule in rules for concept in rule.subject)
    return {concept: 1 / count for concept, count in shared.items()}
