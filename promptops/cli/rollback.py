"""promptops rollback: an older version live again, as a new revision; of one prompt or of many."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Env, Prefix, Profile, Reason, Region
from promptops.cli.outcome import committed
from promptops.cli.output import note
from promptops.domain.errors import AccessRefused, InvalidUsage, Unavailable
from promptops.domain.identifiers import PromptRef, check_prompt_id, parse_version
from promptops.domain.request import check_reason

if TYPE_CHECKING:
    from promptops.domain.ledger import Head

Prompt = Annotated[str, typer.Argument(metavar="PROMPT", help="E.g. support-ticket.")]
To = Annotated[str, typer.Option("--to", metavar="VERSION", help="E.g. v11; default: the release before.")]
From = Annotated[
    str, typer.Option("--from", metavar="VERSION", help="Only if this is live; default: what is live now.")
]
Drill = Annotated[bool, typer.Option("--drill", help="Back and forth again, timed; not in the highest one.")]
Model = Annotated[
    str, typer.Option("--model", metavar="ID", help="Every prompt whose live version runs on it.")
]
Block = Annotated[
    str, typer.Option("--block", metavar="ID[@SHA256]", help="Every prompt whose live version contains it.")
]
Yes = Annotated[bool, typer.Option("--yes", help="With --model or --block: do it, not only show it.")]


def rollback(
    env: Env,
    reason: Reason,
    prompt_id: Prompt = "",
    to: To = "",
    leaves: From = "",
    model: Model = "",
    block: Block = "",
    yes: Yes = False,
    drill: Drill = False,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Make an earlier release live again, in seconds.

    Needs no evaluation, approval, workflow or model. It leaves what is live as you type: if somebody is
    faster, nothing changes (exit 5). With --model or --block it is about every prompt that uses it: first
    a preview, then the same with --yes.

    \b
    Example:  promptops rollback support-ticket --env prod --reason "wrong severities since v13"
              promptops rollback --env prod --model eu.some.model-v1:0 --reason "the model is withdrawn" --yes
              promptops rollback support-ticket --env staging --drill --reason "drill of March"
    Next:     promptops history support-ticket --env prod
    """
    if sum(map(bool, (prompt_id, model, block))) != 1:
        raise InvalidUsage(
            "rollback takes one of PROMPT, --model and --block", "See promptops rollback --help."
        )
    check_reason(reason)
    for version in filter(None, (to, leaves)):
        parse_version(version)
    if (to or leaves or drill) and not prompt_id:
        raise InvalidUsage(
            "--to, --from and --drill are about one prompt", "Name it instead of --model or --block."
        )
    if drill and (to or leaves):
        raise InvalidUsage("a drill takes no --to and no --from", "It goes to the release before, and back.")
    if prompt_id:
        check_prompt_id(prompt_id)
    to_stack = line.open_line(profile, region, prefix)
    environment = to_stack.environment(env)
    if drill:
        from promptops.cli.drill import drill as drilled

        drilled(prompt_id, environment, reason, to_stack, as_json=as_json)
    elif prompt_id:
        _one(prompt_id, environment, reason, to, leaves, to_stack, as_json=as_json)
    else:
        from promptops.cli.fleet import Sought
        from promptops.cli.fleet_rollback import fleet_rollback

        sought = Sought("model", model) if model else Sought.block(block)
        fleet_rollback(sought, environment, reason, to_stack, yes=yes, as_json=as_json)


def _one(
    prompt_id: str,
    environment: str,
    reason: str,
    to: str,
    leaves: str,
    to_stack: line.Line,
    *,
    as_json: bool,
) -> None:
    from promptops.contract.bodies import RollbackBody

    head = _head(prompt_id, environment, to_stack)
    if not leaves and head and head.revision and head.state == "live":
        leaves = f"v{head.version}"
    if leaves and to != leaves:
        goal = to or "the newest earlier release that is not revoked"
        note(f"{prompt_id} in {environment} leaves {leaves} for {goal}.")
    # One id for all attempts: a repeated request is the same rollback, never a second one.
    body = RollbackBody(prompt_id, reason, to, f"cli-{secrets.token_hex(16)}", leaves)
    try:
        done = to_stack.api.post(f"/v1/{environment}/rollback", body.to_dict(), repeatable=True)
    except Unavailable as error:
        if not error.retryable:
            raise
        from promptops.cli.break_glass import with_break_glass

        raise with_break_glass(error, prompt_id, environment, to, head, to_stack) from error

    def warnings() -> list[str]:
        from promptops.cli.model_access import retired_models

        return retired_models([PromptRef(prompt_id, int(done["version"]))], to_stack)

    committed(done, _said(done), as_json=as_json, warnings=warnings)


def _head(prompt_id: str, environment: str, to_stack: line.Line) -> Head | None:
    """What is live now; None where the ledger does not say, which must not stop anybody."""
    try:
        return to_stack.ledgers[environment].head(prompt_id)
    except (AccessRefused, Unavailable) as error:
        note(f"W_HEAD_UNKNOWN: {error.what}. It will leave whatever is live; --from VERSION makes sure.")
        return None


def _said(done: dict[str, Any]) -> str:
    ref = f"{done['prompt_id']}@v{done['version']}"
    live = f"{ref} is live in {done['environment']}, revision {done['revision']}"
    if done.get("unchanged"):
        return f"{live}, already."
    if not done["projected"]:
        return f"{live}; clients still see v{done['from_version']} until the pointer is repaired."
    if done["from_version"] == done["version"]:
        return f"{live}."
    return f"{live}; it replaces v{done['from_version']}."
