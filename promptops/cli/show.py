"""promptops show: a prompt, one of its versions, what is live, or a request."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from promptops.cli import line
from promptops.cli.named import named
from promptops.cli.options import FOLLOW_SECONDS, PREFIX, AsJson, Prefix, Profile, Region, Timeout
from promptops.cli.output import answer, note
from promptops.domain.errors import InvalidUsage, NotReleased
from promptops.domain.identifiers import PromptRef, check_prompt_id
from promptops.domain.ledger import Head
from promptops.domain.lifecycle import status_of
from promptops.domain.request import environment_of

#: So many releases of one prompt are looked through for the versions that were released.
ALL_RELEASES = 100_000
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
              promptops show support-ticket@v3        (or its label: support-ticket@2.2.0)
              promptops show support-ticket --env prod
              promptops show --request prod-4f1c… --follow
    Next:     promptops history support-ticket --env prod
    """
    if bool(prompt) == bool(request) or (request and env):
        raise InvalidUsage("show takes a prompt or a request", "See promptops show --help.")
    if follow and not request:
        raise InvalidUsage("--follow is about a request", "Name it with --request.")
    to_stack = line.open_line(profile, region, prefix)
    if request:
        _request(request, to_stack, timeout if follow else 0, as_json=as_json)
    elif env:
        _version(_live(check_prompt_id(prompt), env, to_stack), to_stack, as_json=as_json)
    elif "@" in prompt:
        _version(named(prompt, to_stack), to_stack, as_json=as_json)
    else:
        _family(check_prompt_id(prompt), to_stack, as_json=as_json)


def _family(prompt_id: str, to_stack: line.Line, *, as_json: bool) -> None:
    from promptops.cli.listing import in_environments
    from promptops.cli.version_view import version_document, version_table

    records = to_stack.registry.versions(prompt_id)
    heads = _heads(prompt_id, to_stack)
    released = {
        release.version
        for name in heads
        for release in to_stack.ledgers[name].releases(prompt_id, ALL_RELEASES)
    }
    statuses = {record.ref: status_of(record, released=record.ref.version in released) for record in records}
    document = {
        "prompt_id": prompt_id,
        "live": {
            name: {"version": f"v{head.version}", "revision": head.revision}
            for name, head in heads.items()
            if head.state == "live"
        },
        "environments": in_environments(heads),
        "versions": [version_document(record, statuses[record.ref]) for record in records],
    }
    answer(document, version_table(records, statuses, heads), as_json=as_json)


def _version(ref: PromptRef, to_stack: line.Line, *, as_json: bool) -> None:
    from promptops.cli.listing import was_released
    from promptops.cli.version_view import version_document, version_lines

    record = to_stack.registry.version(ref)
    artifact = to_stack.artifact(record)
    heads = _heads(ref.prompt_id, to_stack)
    status = status_of(record, released=was_released(ref, heads, to_stack.ledgers))
    history = to_stack.past_evaluations.of_version(ref)
    document = {
        **version_document(record, status),
        "artifact": artifact.to_dict(),
        "evaluations": asdict(history),
    }
    answer(document, *version_lines(record, status, artifact, history), as_json=as_json)


def _live(prompt_id: str, env: str, to_stack: line.Line) -> PromptRef:
    environment = to_stack.environment(env)
    head = to_stack.ledgers[environment].head(prompt_id)
    if not head.revision:
        raise NotReleased(f"{prompt_id} has no release in {environment}", "Promote it first.")
    if head.state != "live":
        note(f"{prompt_id} is {head.state} in {environment}; this is the version it served before.")
    return PromptRef(prompt_id, head.version)


def _heads(prompt_id: str, to_stack: line.Line) -> dict[str, Head]:
    """The head of each environment where something was released."""
    heads = {name: to_stack.ledgers[name].head(prompt_id) for name in to_stack.ledgers.names}
    return {name: head for name, head in heads.items() if head.revision}


def _request(request_id: str, to_stack: line.Line, timeout_seconds: float, *, as_json: bool) -> None:
    """The steps so far, then the outcome; with no time to follow, as it stands."""
    from promptops.cli.outcome import follow_to_end

    to_stack.environment(environment_of(request_id))
    follow_to_end(request_id, to_stack, timeout_seconds=timeout_seconds, as_json=as_json)
