"""Ids for cases whose authors gave them none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

MAX_SLUG_CHARS = 48
_GAP = re.compile(r"[^a-z0-9]+")


def case_ids(cases: Sequence[Mapping[str, object]], *, from_descriptions: bool) -> list[object]:
    """An id for each case: its own, one made of its description, or `case-0007` for the seventh.

    The same cases in the same order get the same ids. Ids are shown where sensitive texts are not, so those
    must not be made `from_descriptions`.
    """
    taken = {str(case["id"]) for case in cases if "id" in case}
    named: list[object] = []
    for number, case in enumerate(cases, start=1):
        slug = _slug(case.get("description")) if from_descriptions else ""
        named.append(case["id"] if "id" in case else _free(slug or f"case-{number:04}", taken))
    return named


def _slug(description: object) -> str:
    text = unicodedata.normalize("NFKD", str(description or "")).encode("ascii", "ignore").decode()
    return _GAP.sub("-", text.lower()).strip("-")[:MAX_SLUG_CHARS].strip("-")


def _free(wanted: str, taken: set[str]) -> str:
    """The id itself, or the first of `-2`, `-3`, … that nobody has."""
    id_, number = wanted, 1
    while id_ in taken:
        number += 1
        id_ = f"{wanted}-{number}"
    taken.add(id_)
    return id_
