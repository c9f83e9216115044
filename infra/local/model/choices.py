"""The allowed values that instructions state for a field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from infra.local.model.fields import field_pattern
from infra.local.model.sentences import Sentence

_VALUE = r"[`\"'*]*[A-Za-z0-9][\w-]*[`\"'*]*"
_JOIN = r"(?:\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s*\|\s*|\s*/\s*|\s+and\s+)(?:an?\s+|the\s+)?"
_RUN = re.compile(rf"{_VALUE}(?:{_JOIN}{_VALUE})+")
_STATES_VALUES = re.compile(
    r"\b(?:one of|either|values?|options?|among|from|choose|pick|select|allowed|or)\b|\|", re.I
)
_NEGATION = re.compile(r"\b(?:never|not|don't|avoid)\b", re.I)
_ARTICLE = re.compile(r"\b(?:the|an?|its|their|this|each)\s+$", re.I)
_LISTED = re.compile(r"^[`\"'*]*([A-Za-z][\w-]*)[`\"'*]*(?:\s*(?:[:=(\u2013\u2014]|[.;,]?$)|\s-\s)")


def read_choices(sentences: Sequence[Sentence], fields: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Allowed values by field name, in the order stated; fields without stated values are absent.

    Values stand in a sentence (`size is small or big`) or head the points of a list under the field's name.
    """
    found: dict[str, tuple[str, ...]] = {}
    for sentence in sentences:
        for name, values in _choices_in(sentence.text, fields).items():
            found.setdefault(name, values)
    for name, values in _listed(sentences, fields):
        found.setdefault(name, values)
    return found


def _listed(sentences: Sequence[Sentence], fields: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for heading, group in groupby(sentences, key=lambda sentence: sentence.heading):
        mentioned = [name for name in fields if field_pattern(name).search(heading)]
        points = [_LISTED.match(sentence.text) for sentence in group if sentence.bullet]
        values = tuple(dict.fromkeys(point.group(1) for point in points if point))
        if len(mentioned) == 1 and len(values) > 1 and not set(values) & set(fields):
            yield mentioned[0], values


def _choices_in(text: str, fields: Sequence[str]) -> dict[str, tuple[str, ...]]:
    mentions = sorted(
        (match.start(), match.end(), name) for name in fields for match in field_pattern(name).finditer(text)
    )
    found = {}
    for position, (_, end, name) in enumerate(mentions):
        until = mentions[position + 1][0] if position + 1 < len(mentions) else len(text)
        values = _values(text[end:until], fields)
        if values:
            found[name] = values
    if not found and len({name for _, _, name in mentions}) == 1:
        start, end, name = mentions[0]
        values = _values(text[:start] + " . " + text[end:], fields)
        if values:
            found[name] = values
    return found


def _values(text: str, fields: Sequence[str]) -> tuple[str, ...]:
    inside = re.match(r"[`\"'*]*\s*[(\[{]([^)\]}]*)[)\]}]", text)
    stated = inside.group(1) if inside else text
    if (not _STATES_VALUES.search(stated) and not inside) or _NEGATION.search(stated):
        return ()
    runs = [
        re.split(_JOIN, match.group(0))
        for match in _RUN.finditer(stated)
        if not _ARTICLE.search(stated[: match.start()])
    ]
    named = {name.lower() for name in fields}
    candidates = [
        tuple(dict.fromkeys(value.strip("`\"'*") for value in run))
        for run in runs
        if not any(value.strip("`\"'*").lower() in named for value in run)
    ]
    return max(candidates, key=len, default=())
