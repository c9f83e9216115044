"""promptops audit restore: what the archive gives back, beside the tables or in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.audit import conclude, telling
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.restore_view import NOT_RESTORED, compared_lines, written_lines, written_rows
from promptops.domain.errors import InvalidUsage, shown

NOTHING_WRITTEN = "Nothing was written. See docs/audit.md: a row with other content is never overwritten."
Drill = Annotated[bool, typer.Option("--drill", help="Compare with the tables; write nothing.")]
Registry = Annotated[str, typer.Option("--registry", metavar="TABLE", help="The table to write into.")]
Ledger = Annotated[
    list[str] | None,
    typer.Option("--ledger", metavar="ENV=TABLE", help="The table to write into; once for each environment."),
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
    """Rebuild registry and ledgers from the bucket: to compare them, or into tables that lack rows.

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
    if len({registry, *tables.values()}) <= len(tables) and tables:
        raise InvalidUsage("two of these are one table", "Name one for the registry and one for each ledger.")
    to_stack = line.open_line(profile, region, prefix)
    known = to_stack.installation.environments
    if tables and sorted(tables) != sorted(known):
        what = f"--ledger names {', '.join(tables)}"
        raise InvalidUsage(what, f"Name a table for each of {', '.join(known)}.")
    with telling() as say:
        if drill:
            found, places, lost, late = compared(to_stack, say, bucket)
        else:
            places = written(to_stack, restored(to_stack, say, bucket), {REGISTRY: registry, **tables}, say)
    if drill:
        findings = [*found.findings, *lost]
        problems = [*map(str, findings), *(problem for place in places for problem in place.problems)]
        document = {
            "ok": not problems,
            "findings": [finding.to_dict() for finding in findings],
            "remarks": [remark.to_dict() for remark in late],
            "tables": [place.to_dict() for place in places],
            "not_restored": NOT_RESTORED,
        }
        lines = compared_lines(findings, late, places)
        conclude(document, lines, problems, as_json=as_json)
        return
    problems = [problem for place in places for problem in place.differing]
    rows = written_rows(places)
    document = {"ok": not problems, "tables": rows, "not_restored": NOT_RESTORED}
    conclude(document, written_lines(places), problems, as_json=as_json, fix=NOTHING_WRITTEN)


def _tables(options: Sequence[str]) -> dict[str, str]:
    """The tables by environment."""
    tables: dict[str, str] = {}
    for option in options:
        environment, _, table = option.partition("=")
        if not environment or not table or environment in tables:
            raise InvalidUsage(f"{shown(option)} is not ENV=TABLE", "Write e.g. --ledger prod=new-prod.")
        tables[environment] = table
    return tables
