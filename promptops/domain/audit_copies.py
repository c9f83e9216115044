"""The rule for rows that the archive lacks: what is old enough must have its copy."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from promptops.domain.audit import Finding, Log, Remark, findings, is_due
from promptops.domain.ledger import Release
from promptops.domain.restriction import Restriction
from promptops.domain.version import VersionRecord

Row = Release | Restriction | VersionRecord
_ROWS: dict[Log, str] = {"releases": "revision ", "versions": "v", "freezes": "freeze "}


def uncopied(
    log: Log,
    environment: str,
    prompt_id: str,
    rows: Mapping[int, Row | None],
    copies: Collection[int],
    now: str,
) -> tuple[list[Finding], list[Remark]]:
    """Every row that should have a copy and has none; and how many may still get theirs.

    `now` is a moment before the copies were read: what was written since then may lack.
    """
    without = {number: row for number, row in sorted(rows.items()) if number not in copies}
    due = [number for number, row in without.items() if is_due(_moment(row), now)]
    problem = "no copy in the archive", "one: it is older than 15 minutes"
    found = []
    for number in due:
        found += findings(log, environment, prompt_id, f"{_ROWS.get(log, 'revocation ')}{number}", [problem])
    late = len(without) - len(due)
    text = f"{late} {log if late > 1 else log[:-1]} not archived yet"
    return found, [Remark(environment, prompt_id, text)] if late else []


def _moment(row: Row | None) -> str:
    """When it was written; nothing for a row that cannot be read."""
    if isinstance(row, VersionRecord):
        return row.published_at
    return row.at if row else ""
