"""promptops show: a prompt, one of its versions, what is live, or a request."""

from __future__ import annotations

from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.options import FOLLOW_SECONDS, PREFIX, AsJson, Prefix, Profile, Region, Timeout
from promptops.cli.output import answer
from promptops.domain.errors import InvalidUsage, NotReleased
from promptops.domain.identifiers import PromptRef, check_prompt_id
from promptops.domain.request import environment_of

Prompt = Annotated[str, typer.Argument(metavar="[PROMPT[@VERSION]]", help="E.g. support-ticket@v3.")]
LiveIn = Annotated[str, typer.Option("--env", metavar="ENV", help="The version that is live there.")]
Request = Annotated[str, typer.Option("--request", metavar="ID", help="A request of promote or evaluate.")]
Follow = Annotated[bool, typer.Option("--follow", help="Follow the request to its end.")]


def show(
    prompt: Prompt = "",
    env: LiveIn = "",
    request: Request = "",
    follow: Follow = False,
    timeout: Timeout = FOLLOW_SECONDS,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Show a prompt, one version, what is live, or a request.

    \b
    Example:  promptops show support-ticket
              promptops show support-ticket@v3
              promptops show support-ticket --env prod
              promptops show --request prod-4f1c… --follow
    Next:     promptops history support-ticket --env prod
    """
    if bool(prompt) == bool(request) or (request and env):
        raise InvalidUsage("show takes a prompt or a request", "See promptops show --help.")
    to_stack = line.open_line(profile, region, prefix)
    if request:
        _request(request, to_stack, timeout if follow else 0, as_json=as_json)
    elif env:
        _version(_live(check_prompt_id(prompt), env, to_stack), to_stack, as_json=as_json)
    elif "@" in prompt:
        _version(PromptRef.parse(prompt), to_stack, as_json=as_json)
    else:
        _family(check_prompt_id(prompt), to_stack, as_json=as_json)


def _family(prompt_id: str, to_stack: line.Line, *, as_json: bool) -> None:
    from promptops.cli.version_view import version_document, version_table

    records = to_stack.registry.versions(prompt_id)
    heads = {name: to_stack.ledgers[name].head(prompt_id) for name in to_stack.ledgers.names}
    live = {name: head.version for name, head in heads.items() if head.revision}
    document = {
        "prompt_id": prompt_id,
        "live": {
            name: {"version": f"v{heads[name].version}", "revision": heads[name].revision} for name in live
        },
        "versions": [version_document(record) for record in records],
    }
    answer(document, version_table(records, live), as_json=as_json)


def _version(ref: PromptRef, to_stack: line.Line, *, as_json: bool) -> None:
    from promptops.cli.version_view import version_document, version_lines

    record = to_stack.registry.version(ref)
    artifact = to_stack.artifact(record)
    document = {**version_document(record), "artifact": artifact.to_dict()}
    answer(document, *version_lines(record, artifact), as_json=as_json)


def _live(prompt_id: str, env: str, to_stack: line.Line) -> PromptRef:
    environment = to_stack.environment(env)
    head = to_stack.ledgers[environment].head(prompt_id)
    if not head.revision:
        raise NotReleased(f"{prompt_id} has no release in {environment}", "Promote it first.")
    return PromptRef(prompt_id, head.version)


def _request(request_id: str, to_stack: line.Line, timeout_seconds: float, *, as_json: bool) -> None:
    """The steps so far, then the outcome; with no time to follow, as it stands."""
    from promptops.cli.outcome import follow_to_end

    to_stack.environment(environment_of(request_id))
    follow_to_end(request_id, to_stack, timeout_seconds=timeout_seconds, as_json=as_json)
