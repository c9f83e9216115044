"""JSON as its standard has it: no NaN, no Infinity, no name twice in an object."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

MAX_DIGITS = 18
#: A text, also one that does not end, is skipped as a whole; possessive, so that it is read once.
_MARKS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)


class NestedTooDeeply(ValueError):
    """Brackets within brackets, more than are read."""


class DuplicateName(ValueError):
    """A name twice in one object; readers disagree about which one counts."""


def read_json(text: str) -> object:
    """The document in the text; raises ValueError that says what is wrong, never what the values are."""
    return _read(text)


def read_bounded_json(text: str, *, max_depth: int, max_values: int) -> object:
    """As `read_json`, for what anybody may send: too much is refused before anything is made of it.

    Whole numbers have at most 18 digits.
    """
    # Texts count here too, so this is more than there can be: where it is little, nothing need be looked at.
    opened = text.count("[") + text.count("{")
    if opened > max_depth or opened + text.count(",") > max_values:
        _check_bounds(text, max_depth, max_values)
    return _read(text, parse_int=_whole)


def _check_bounds(text: str, max_depth: int, max_values: int) -> None:
    depth = values = 0
    for number, match in enumerate(_MARKS.finditer(text)):
        mark = text[match.start()]
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        values += mark in ",[{"
        if depth > max_depth:
            raise NestedTooDeeply(f"nested more than {max_depth} deep")
        if values > max_values or number > 4 * max_values:
            raise ValueError(f"more than {max_values} values")


def _read(text: str, parse_int: Callable[[str], int] | None = None) -> object:
    try:
        return json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=parse_int,
            object_pairs_hook=_each_name_once,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise NestedTooDeeply("nested too deeply") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise ValueError("a number is too large")
    return int(digits)


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise DuplicateName(f"the name {twice!r:.80} stands twice in one object")
    return document


#: Reads one document out of a longer text; raises ValueError where it is not strict JSON.
DECODER = json.JSONDecoder(
    parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_each_name_once
)
