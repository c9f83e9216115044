"""promptops changes: what changed everywhere, since a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer, moment, table

Since = Annotated[str, typer.Option("--since", metavar="TIME", help="30m, 2h, 7d, or 2026-03-01T10:00Z.")]
InEnv = Annotated[str, typer.Option("--env", metavar="ENV", help="Only this environment; default: all.")]


def changes(
    since: Since = "1h",
    env: InEnv = "",
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """List what changed everywhere, newest first.

    The first question of an incident. Releases of every kind, freezes, revocations, and pointers that were
    not what the ledger says.

    \b
    Example:  promptops changes
              promptops changes --since 2d --env prod
    Next:     promptops diff support-ticket@v12 support-ticket@v13
              promptops rollback support-ticket --env prod --reason "…"
    """
    from promptops.cli.moments import moment_of
    from promptops.cli.recent import happened_in, happened_to_versions

    begin = moment_of(since, datetime.now(UTC))
    to_stack = line.open_line(profile, region, prefix)
    environments = [to_stack.environment(env)] if env else list(to_stack.ledgers.names)
    found = [
        *(item for name in environments for item in happened_in(to_stack.ledgers[name], begin)),
        *happened_to_versions(to_stack.registry, begin),
    ]
    found.sort(key=lambda item: item.at, reverse=True)
    document = {
        "since": begin,
        "environments": environments,
        "changes": [item.to_dict() for item in found],
    }
    rows = (
        (
            moment(item.at),
            item.environment or "all",
            item.kind,
            item.prompt_id,
            " → ".join(filter(None, dict.fromkeys((item.from_version, item.to)))),
            item.by,
            item.why,
        )
        for item in found
    )
    heads = ("AT", "ENV", "WHAT", "PROMPT", "VERSION", "BY", "WHY")
    line_or_table = table(heads, rows) if found else f"Nothing changed since {moment(begin)}."
    answer(document, line_or_table, as_json=as_json)
