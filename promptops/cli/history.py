"""promptops history: who released what, when and why."""

from __future__ import annotations

from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Env, Prefix, Profile, Region
from promptops.cli.output import answer, moment, table
from promptops.domain.errors import NotReleased
from promptops.domain.identifiers import check_prompt_id


def history(
    prompt_id: Annotated[str, typer.Argument(metavar="PROMPT", help="E.g. support-ticket.")],
    env: Env,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="The newest so many.")] = 20,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """List who released what, when and why, newest first.

    \b
    Example:  promptops history support-ticket --env prod
    Next:     promptops rollback support-ticket --env prod --to v11 --reason "…"
    """
    check_prompt_id(prompt_id)
    to_stack = line.open_line(profile, region, prefix)
    environment = to_stack.environment(env)
    releases = to_stack.ledgers[environment].releases(prompt_id, limit)
    if not releases:
        to_stack.registry.versions(prompt_id)
        raise NotReleased(f"{prompt_id} has no release in {environment}", "Promote it first.")
    rows = (
        (
            release.revision,
            moment(release.at),
            release.kind,
            f"v{release.from_version} → v{release.version}"
            if release.from_version
            else f"v{release.version}",
            release.actor,
            release.reason,
        )
        for release in releases
    )
    document = {
        "prompt_id": prompt_id,
        "environment": environment,
        "releases": [release.to_dict() for release in releases],
    }
    answer(document, table(("REVISION", "AT", "KIND", "VERSION", "BY", "REASON"), rows), as_json=as_json)
