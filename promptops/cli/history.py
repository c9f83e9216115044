"""promptops history: who released what, when, why and on what evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer, moment, table
from promptops.domain.errors import NotReleased, UnknownApproval
from promptops.domain.identifiers import check_prompt_id

if TYPE_CHECKING:
    from promptops.domain.ledger import Release
    from promptops.domain.restriction import Restriction

E = TypeVar("E", "Release", "Restriction", "Release | Restriction")
HEADS = ("REVISION", "AT", "KIND", "VERSION", "BY", "REASON", "EVIDENCE", "APPROVED BY", "REQUEST")
DIGEST_CHARS = 12
Environment = Annotated[str, typer.Option("--env", metavar="ENV", help="Default: every environment.")]


def history(
    prompt_id: Annotated[str, typer.Argument(metavar="PROMPT", help="E.g. support-ticket.")],
    env: Environment = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="The newest so many.")] = 20,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """List who released what, when and why, newest first.

    Freezes of its environments and revocations of its versions stand in between.

    \b
    Example:  promptops history support-ticket
              promptops history support-ticket --env prod
    Next:     promptops rollback support-ticket --env prod --to v11 --reason "…"
    """
    check_prompt_id(prompt_id)
    to_stack = line.open_line(profile, region, prefix)
    environments = [to_stack.environment(env)] if env else list(to_stack.ledgers.names)
    releases = _newest(_releases(prompt_id, environments, limit, to_stack))[:limit]
    if not releases:
        to_stack.registry.versions(prompt_id)
        raise NotReleased(f"{prompt_id} has no release in {env or 'any environment'}", "Promote it first.")
    # As far back as the releases go, so that there is no gap between what is listed.
    since = releases[-1][1].at if len(releases) == limit else ""
    restrictions = [
        (name, entry)
        for name, entry in _newest(_restrictions(prompt_id, environments, limit, to_stack))
        if entry.at >= since
    ]
    document = {
        "prompt_id": prompt_id,
        "environment": env,
        "releases": [
            {**release.to_dict(), **({} if env else {"environment": name})} for name, release in releases
        ],
        "restrictions": [entry.to_dict() for _, entry in restrictions],
    }
    both: list[tuple[str, Release | Restriction]] = [*releases, *restrictions]
    events = () if as_json else _newest(both)
    rows = (_cells(name, event, to_stack) for name, event in events)
    heads = HEADS if env else ("ENV", *HEADS)
    answer(document, table(heads, (row[1:] if env else row for row in rows)), as_json=as_json)


def _releases(
    prompt_id: str, environments: Sequence[str], limit: int, to_stack: line.Line
) -> Iterator[tuple[str, Release]]:
    for name in environments:
        yield from ((name, release) for release in to_stack.ledgers[name].releases(prompt_id, limit))


def _restrictions(
    prompt_id: str, environments: Sequence[str], limit: int, to_stack: line.Line
) -> Iterator[tuple[str, Restriction]]:
    for name in environments:
        yield from ((name, entry) for entry in to_stack.ledgers[name].restrictions(limit))
    yield from (("all", entry) for entry in to_stack.registry.restrictions(prompt_id))


def _newest(events: Iterable[tuple[str, E]]) -> list[tuple[str, E]]:
    return sorted(events, key=lambda event: event[1].at, reverse=True)


def _cells(environment: str, event: Release | Restriction, to_stack: line.Line) -> tuple[object, ...]:
    """One row, its environment first."""
    from promptops.domain.restriction import Restriction

    who = moment(event.at), event.kind
    if isinstance(event, Restriction):
        version = f"v{event.version}" if event.version else ""
        return environment, "", *who, version, event.actor, event.reason, "", "", ""
    moved = event.from_version not in (0, event.version)
    return (
        environment,
        event.revision,
        *who,
        f"v{event.from_version} → v{event.version}" if moved else f"v{event.version}",
        event.actor,
        event.reason,
        event.report_sha256[:DIGEST_CHARS],
        _approver(environment, event, to_stack),
        event.request_id,
    )


def _approver(environment: str, release: Release, to_stack: line.Line) -> str:
    if not release.approval_id:
        return ""
    try:
        decided_by = to_stack.ledgers[environment].approval(release.approval_id).decided_by
    except UnknownApproval:
        return release.approval_id
    return to_stack.people.name_of(decided_by) if decided_by else release.approval_id
