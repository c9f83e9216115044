"""promptops retire: a prompt that is served no longer in an environment."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Env, Prefix, Profile, Reason, Region
from promptops.cli.outcome import committed
from promptops.domain.identifiers import check_prompt_id
from promptops.domain.request import check_reason


def retire(
    prompt_id: Annotated[str, typer.Argument(metavar="PROMPT", help="E.g. support-ticket.")],
    env: Env,
    reason: Reason,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Take a prompt out of service in one environment.

    Clients that ask for it get E_RETIRED; nothing is deleted, and a rollback or a promotion brings it back.

    \b
    Example:  promptops retire support-ticket --env prod --reason "replaced by triage, OPS-88"
    Next:     promptops rollback support-ticket --env prod --reason "still in use"   (serves it again)
    """
    from promptops.contract.bodies import RetireBody

    check_prompt_id(prompt_id)
    check_reason(reason)
    to_stack = line.open_line(profile, region, prefix)
    environment = to_stack.environment(env)
    body = RetireBody(prompt_id, reason, f"cli-{secrets.token_hex(16)}")
    done = to_stack.api.post(f"/v1/{environment}/retire", body.to_dict(), repeatable=True)
    committed(done, _said(done), as_json=as_json)


def _said(done: dict[str, Any]) -> str:
    retired = f"{done['prompt_id']} is retired in {done['environment']}, revision {done['revision']}"
    if done.get("unchanged"):
        return f"{retired}, already."
    if not done["projected"]:
        return f"{retired}; clients still see v{done['version']} until the pointer is repaired."
    return f"{retired}; v{done['version']} was live."
