"""promptops audit restore: what the archive gives back, beside the tables or in new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from promptops.cli import line
from promptops.cli.audit import conclude, telling
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer
from promptops.cli.restore_view import NOT_RESTORED, compared_lines, written_lines
from promptops.domain.errors import InvalidUsage, shown

if TYPE_CHECKING:
    from promptops.cli.restoration import Place
    from promptops.domain.restored import Restored

Drill = Annotated[bool, typer.Option("--drill", help="Compare with the tables; write nothing.")]
Registry = Annotated[str, typer.Option("--registry", metavar="TABLE", help="An empty table.")]
Ledger = Annotated[
    list[str] | None,
    typer.Option("--ledger", metavar="ENV=TABLE", help="An empty table; once for each environment."),
]
Bucket = Annotated[str, typer.Option("--bucket", metavar="NAME", help="Default: the installation's own.")]


def restore(
    drill: Drill = False,
    registry: Registry = "",
    ledger: Ledger = None,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Rebuild registry and ledgers from the bucket: to compare them, or into new tables.

    \b
    Example:  promptops audit restore --drill
              promptops audit restore --registry new --ledger dev=new-dev --ledger prod=new-prod
    Next:     promptops audit verify
    """
    from promptops.cli.restoration import REGISTRY, compared, restored, written

    tables = _tables(ledger or [])
    if drill == bool(registry) or bool(registry) != bool(tables):
        what = "restore takes --drill, or --registry and --ledger"
        raise InvalidUsage(what, "See promptops audit restore --help.")
    to_stack = line.open_line(profile, region, prefix)
    known = to_stack.installation.environments
    if tables and sorted(tables) != sorted(known):
        what = f"--ledger names {', '.join(tables)}"
        raise InvalidUsage(what, f"Name an empty table for each of {', '.join(known)}.")
    with telling() as say:
        found = restored(to_stack, say, bucket)
        if drill:
            places = compared(to_stack, found, say)
        else:
            done = written(to_stack, found, {REGISTRY: registry, **tables}, say)
    if drill:
        document = _document(found, places)
        problems = [*map(str, found.findings), *(problem for place in places for problem in place.problems)]
        conclude(document, compared_lines(found, places), problems, as_json=as_json)
        return
    document = {
        "tables": [
            {"environment": environment, "table": table, "rows": dict(rows)}
            for environment, (table, rows) in done.items()
        ],
        "not_restored": NOT_RESTORED,
    }
    answer(document, *written_lines(done), as_json=as_json)


def _document(found: Restored, places: Sequence[Place]) -> dict[str, object]:
    return {
        "ok": not found.findings and not any(place.problems for place in places),
        "findings": [finding.to_dict() for finding in found.findings],
        "tables": [place.to_dict() for place in places],
        "not_restored": NOT_RESTORED,
    }


def _tables(options: Sequence[str]) -> dict[str, str]:
    """The tables by environment."""
    tables: dict[str, str] = {}
    for option in options:
        environment, _, table = option.partition("=")
        if not environment or not table or environment in tables:
            raise InvalidUsage(f"{shown(option)} is not ENV=TABLE", "Write e.g. --ledger prod=new-prod.")
        tables[environment] = table
    return tables
