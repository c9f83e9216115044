"""The allowed values that instructions state for a field."""

from __future__ import annotations

import re
from collections.abc import Sequence

from infra.local.model.fields import field_pattern
from infra.local.model.sentences import Sentence

_VALUE = r"[`\"'*]*[A-Za-z0-9][\w-]*[`\"'*]*"
_JOIN = r"(?:\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s*\|\s*|\s*/\s*|\s+and\s+)(?:an?\s+|the\s+)?"
_RUN = re.compile(rf"{_VALUE}(?:{_JOIN}{_VALUE})+")
_STATES_VALUES = re.compile(
    r"\b(?:one of|either|values?|options?|among|from|choose|pick|select|allowed|or)\b|\|", re.I
)
_NEGATION = re.compile(r"\b(?:never|not|don't|avoid)\b", re.I)


def read_choices(sentences: Sequence[Sentence], fields: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Allowed values by field name, in the order stated; fields without stated values are absent."""
    found: dict[str, tuple[str, ...]] = {}
    for sentence in sentences:
        for name, values in _choices_in(sentence.text, fields).items():
            found.setdefault(name, values)
    return found


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
    runs = [re.split(_JOIN, match.group(0)) for match in _RUN.finditer(stated)]
    named = {name.lower() for name in fields}
    candidates = [
        tuple(dict.fromkeys(value.strip("`\"'*") for value in run))
        for run in runs
        if not any(value.strip("`\"'*").lower() in named for value in run)
    ]
    return max(candidates, key=len, default=())
