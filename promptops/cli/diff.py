"""promptops diff: what differs between two versions, two environments, a folder and its newest version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer, table
from promptops.domain.errors import Conflict, InvalidUsage

if TYPE_CHECKING:
    from rich.console import RenderableType

    from promptops.cli.sides import Side
    from promptops.domain.changes import Changes, Fact

Names = Annotated[
    list[str],
    typer.Argument(metavar="PROMPT@VERSION|FOLDER", help="One or two; or PROMPT with --env twice."),
]
Envs = Annotated[
    list[str] | None, typer.Option("--env", metavar="ENV", help="Twice: what is live in one and the other.")
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit with 5 if they differ.")]


def diff(
    names: Names,
    env: Envs = None,
    exit_code: ExitCode = False,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Show what differs between versions, environments, or a folder.

    Messages line by line; then model, parameters, variables, schema, blocks, examples, policy, owner. One
    version is compared with its parent, a folder with the newest published version. They are identical if the
    digests of content, cases and policy are equal. Characters nobody can see are spelled out.

    \b
    Example:  promptops diff support-ticket@v12 support-ticket@v13
              promptops diff support-ticket --env staging --env prod
              promptops diff prompts/support-ticket
              promptops diff support-ticket@v13
    Next:     promptops rollback support-ticket --env prod --to v12 --reason "…"
    """
    from promptops.cli.sides import sides
    from promptops.domain.changes import changes, facts

    if len(names) > 2:
        raise InvalidUsage(f"diff compares two, not {len(names)}", "See promptops diff --help.")
    before, after = sides(names, env or [], line.open_line(profile, region, prefix))
    found = changes(before.artifact if before else None, after.artifact)
    metadata = facts(before.facts() if before else {}, after.facts())
    identical = before is not None and before.digests == after.digests
    answer(
        _document(before, after, found, metadata, identical),
        *_lines(before, after, found, metadata, identical),
        as_json=as_json,
    )
    if exit_code and not identical:
        raise typer.Exit(Conflict.exit_code)


def _document(
    before: Side | None, after: Side, found: Changes, metadata: tuple[Fact, ...], identical: bool
) -> dict[str, object]:
    from promptops.cli.unified import unified

    return {
        "identical": identical,
        "before": {"name": before.name, "digests": before.digests} if before else None,
        "after": {"name": after.name, "digests": after.digests},
        "messages": [
            {"role": message.role, "kind": message.kind, "diff": list(unified(message))}
            for message in found.messages
        ],
        "settings": _changed(found.facts),
        "metadata": _changed(metadata),
    }


def _changed(facts: tuple[Fact, ...]) -> list[dict[str, str]]:
    from promptops.domain.visible import visible

    return [
        {"name": fact.name, "before": visible(fact.before), "after": visible(fact.after)}
        for fact in facts
        if fact.changed
    ]


def _lines(
    before: Side | None, after: Side, found: Changes, metadata: tuple[Fact, ...], identical: bool
) -> Iterator[RenderableType]:
    from promptops.cli.unified import unified

    yield f"--- {before.name if before else 'nothing'}"
    yield f"+++ {after.name}"
    for number, message in enumerate(found.messages, start=1):
        if message.kind != "same":
            yield f"\nmessage {number} ({message.role}), {message.kind}"
            yield from unified(message)
    rows = [
        (item["name"], item["before"], "→", item["after"])
        for item in (*_changed(found.facts), *_changed(metadata))
    ]
    if rows:
        yield ""
        yield table(("", "", "", ""), rows)
    if identical:
        yield f"\nIdentical: the same content, cases and policy (sha256 {after.digests['content'][:12]})."
    elif before and before.digests["content"] == after.digests["content"]:
        yield "\nThe same content; cases or policy differ."
