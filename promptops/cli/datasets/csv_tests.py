"""Tables of cases: our columns, promptfoo's `__` columns, and one column a variable."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from promptops.cli.datasets.expected import expected_assertion
from promptops.cli.datasets.found_test import FoundTest
from promptops.domain.errors import InvalidDataset, shown
from promptops.domain.graders.table import TABLE

_OWN = ("id", "tags", "weight", "critical")
_ON_EXPECTED = re.compile(r"__config:__expected(\d*):threshold")
_TAG_ENDS = re.compile(r"[,;]")
_FLAGS = {"true": True, "false": False, "": False}
_NOT_READ = {
    "__prefix": "A version is measured as it is; write the text into the prompt.",
    "__suffix": "A version is measured as it is; write the text into the prompt.",
    "__providerOutput": "A recorded run is read by promptops evaluate --replay.",
}
_KNOWN_STARTS = ("__expected", "__metadata")
_KNOWN = (*_NOT_READ, "__description", "__metric", "__threshold")


def csv_tests(text: str, name: str, types: Mapping[str, str]) -> Iterator[FoundTest]:
    """The cases of a table, by their rows; cells of number and boolean variables are read as such.

    Raises InvalidDataset with file and line.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heads = [head.strip() for head in next(reader, [])]
        _check_heads(heads, name)
        line = reader.line_num + 1
        for row in reader:
            place, line = f"{name}:{line}", reader.line_num + 1
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(heads):
                what = f"{place}: {len(row)} cells under {len(heads)} heads"
                raise InvalidDataset(what, "Quote a cell that holds a comma.")
            cells = dict(zip(heads, [*row, *[""] * (len(heads) - len(row))], strict=True))
            try:
                yield FoundTest(place, _document(cells, types), ignored=_ignored(cells))
            except InvalidDataset as error:
                raise InvalidDataset(f"{place}: {error.what}", error.fix) from error
    except csv.Error as error:
        raise InvalidDataset(f"{name}:{reader.line_num}: {error}", "Correct the quotes there.") from error


def _check_heads(heads: list[str], name: str) -> None:
    twice = next((head for number, head in enumerate(heads) if head and head in heads[:number]), "")
    if twice:
        raise InvalidDataset(f"{name}: the column {shown(twice)} stands twice", "Name each column once.")
    for head in heads:
        known = head in _KNOWN or head.startswith(_KNOWN_STARTS) or _ON_EXPECTED.fullmatch(head)
        if head.startswith("__") and not known:
            raise InvalidDataset(f"{name}: the column {shown(head)} is not known", "Rename it.")


def _document(cells: Mapping[str, str], types: Mapping[str, str]) -> Mapping[str, object]:
    for head, why in _NOT_READ.items():
        if cells.get(head):
            raise InvalidDataset(f"{head} is not read", why)
    document: dict[str, Any] = {
        "vars": {
            head: _typed(head, cell, types.get(head, "string"))
            for head, cell in cells.items()
            if head and head not in _OWN and not head.startswith("__")
        },
        "assert": _assertions(cells),
    }
    if cells.get("id", "").strip():
        document["id"] = cells["id"].strip()
    if cells.get("__description"):
        document["description"] = cells["__description"]
    if tags := [tag.strip() for tag in _TAG_ENDS.split(cells.get("tags", "")) if tag.strip()]:
        document["tags"] = tags
    if cells.get("weight", "").strip():
        document["weight"] = _number("weight", cells["weight"])
    if cells.get("__threshold", "").strip() and (threshold := _number("__threshold", cells["__threshold"])):
        document["threshold"] = threshold
    critical = cells.get("critical", "").strip().lower()
    if critical not in _FLAGS:
        raise InvalidDataset(f"critical is {shown(critical)}", "Write true or false.")
    return {**document, "critical": _FLAGS[critical]}


def _assertions(cells: Mapping[str, str]) -> list[dict[str, object]]:
    heads = [head for head in cells if head.startswith("__expected")]
    kinds = frozenset(TABLE) - {"assert-set"}
    found = {
        head: dict(expected_assertion(cells[head].strip(), kinds)) for head in heads if cells[head].strip()
    }
    for head, cell in cells.items():
        match = _ON_EXPECTED.fullmatch(head)
        if match and cell.strip():
            number = match[1] or "1"
            of = "__expected" if number == "1" and "__expected" in cells else f"__expected{number}"
            if of not in cells:
                raise InvalidDataset(f"{head} is for {of}, which is no column", "Correct the column's name.")
            threshold = _number(head, cell)
            # promptfoo wants a number in every row, also where there is nothing to be met.
            if of in found:
                found[of]["threshold"] = threshold
    metric = cells.get("__metric", "").strip()
    return [{**assertion, "metric": metric} if metric else assertion for assertion in found.values()]


def _ignored(cells: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(head for head, cell in cells.items() if head.startswith("__metadata") and cell)


def _typed(name: str, cell: str, kind: str) -> object:
    if kind == "number":
        return _number(name, cell)
    if kind == "boolean":
        if cell.strip().lower() not in ("true", "false"):
            raise InvalidDataset(f"{name} is not true or false", "It is a boolean variable.")
        return cell.strip().lower() == "true"
    return cell


def _number(name: str, cell: str) -> int | float:
    """Whole numbers stay whole; the cell is not quoted, it may be a variable's."""
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidDataset(f"{name} is not a number", "Write a number, e.g. 2.5.")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
