"""promptops rollback: an older version live again, as a new revision."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Env, Prefix, Profile, Reason, Region
from promptops.cli.outcome import PENDING
from promptops.cli.output import answer
from promptops.domain.identifiers import check_prompt_id, parse_version
from promptops.domain.request import check_reason

To = Annotated[str, typer.Option("--to", metavar="VERSION", help="E.g. v11; default: the release before.")]


def rollback(
    prompt_id: Annotated[str, typer.Argument(metavar="PROMPT", help="E.g. support-ticket.")],
    env: Env,
    reason: Reason,
    to: To = "",
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Make an earlier release live again, in seconds.

    Needs no evaluation, approval, workflow or model.

    \b
    Example:  promptops rollback support-ticket --env prod --reason "wrong severities since v13"
    Next:     promptops history support-ticket --env prod
    """
    from promptops.contract.messages import RollbackBody

    check_prompt_id(prompt_id)
    check_reason(reason)
    if to:
        parse_version(to)
    to_stack = line.open_line(profile, region, prefix)
    environment = to_stack.environment(env)
    # One id for all attempts: a repeated request is the same rollback, never a second one.
    body = RollbackBody(prompt_id, reason, to, f"cli-{secrets.token_hex(16)}")
    done = to_stack.api.post(f"/v1/{environment}/rollback", body.to_dict(), repeatable=True)
    answer(done, _said(done), as_json=as_json)
    if not done["projected"]:
        raise typer.Exit(PENDING)


def _said(done: dict[str, object]) -> str:
    ref = f"{done['prompt_id']}@v{done['version']}"
    live = f"{ref} is live in {done['environment']}, revision {done['revision']}"
    if done.get("unchanged"):
        return f"{live}, already."
    if not done["projected"]:
        return f"{live}; clients still see v{done['from_version']} until the pointer is repaired."
    return f"{live}; it replaces v{done['from_version']}."
