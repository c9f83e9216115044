"""promptops list: the prompts there are, whose they are and what is live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer, note, table
from promptops.domain.identifiers import check_prompt_id
from promptops.domain.lifecycle import parse_status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from promptops.cli.listing import Listed
    from promptops.domain.ledger import Head

MAX_LIMIT = 1000
Owner = Annotated[str, typer.Option("--owner", metavar="OWNER", help="Of this owner.")]
Tag = Annotated[str, typer.Option("--tag", metavar="TAG", help="With this tag.")]
Begins = Annotated[str, typer.Option("--family", metavar="PREFIX", help="Ids that begin so, e.g. support-.")]
StatusName = Annotated[
    str,
    typer.Option(
        "--status", metavar="STATUS", help="Newest is published, evaluated, failed, released or revoked."
    ),
]
There = Annotated[str, typer.Option("--env", metavar="ENV", help="Released there; says state and revision.")]
Model = Annotated[str, typer.Option("--model", metavar="ID", help="Uses this model (with --env: there).")]
Block = Annotated[str, typer.Option("--block", metavar="ID", help="Includes this block, or ID@SHA256.")]
Limit = Annotated[int, typer.Option(min=1, max=MAX_LIMIT, metavar="N", help="At most so many.")]
After = Annotated[str, typer.Option("--after", metavar="TOKEN", help="Go on after the page before.")]


def list(
    owner: Owner = "",
    tag: Tag = "",
    family: Begins = "",
    status: StatusName = "",
    env: There = "",
    model: Model = "",
    block: Block = "",
    limit: Limit = 50,
    after: After = "",
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """List prompts: their newest version, its status, what is live.

    \b
    Example:  promptops list --owner ml-platform
              promptops list --env prod --model us.anthropic.claude-haiku-4-5-20251001-v1:0
    Next:     promptops show support-ticket
    """
    from promptops.cli.fleet import Sought
    from promptops.cli.listing import Wanted, page

    if after:
        check_prompt_id(after)
    uses = [Sought("model", model)] if model else []
    uses += [Sought.block(block)] if block else []
    wanted_status = parse_status(status) if status else None
    to_stack = line.open_line(profile, region, prefix)
    environment = to_stack.environment(env) if env else ""
    wanted = Wanted(owner, tag, family, wanted_status, environment, tuple(uses))
    found = page(wanted, limit=limit, after=after, registry=to_stack.registry, ledgers=to_stack.ledgers)
    if environment:
        text: RenderableType = _table_there(found.items, environment)
    else:
        text = _table(found.items, to_stack.ledgers.names)
    if not found.items:
        text = "No prompt is published yet." if wanted == Wanted() and not after else "No prompt fits."
    document = {"prompts": [prompt.to_dict() for prompt in found.items], "next": found.next}
    answer(document, text, as_json=as_json)
    if found.next and not as_json:
        note(f"There are more: add --after {found.next}")


def _table(prompts: Sequence[Listed], environments: Sequence[str]) -> Table:
    heads = ("PROMPT", "NEWEST", "LABEL", "STATUS", "RISK", "OWNER", *map(str.upper, environments), "TAGS")
    return table(
        heads,
        (
            (
                prompt.prompt_id,
                f"v{prompt.newest.ref.version}",
                prompt.newest.label,
                prompt.status,
                prompt.newest.policy.risk,
                prompt.newest.owner,
                *(_served(prompt.heads.get(name)) for name in environments),
                ", ".join(prompt.newest.tags),
            )
            for prompt in prompts
        ),
    )


def _table_there(prompts: Sequence[Listed], environment: str) -> Table:
    heads = ("PROMPT", "VERSION", "STATE", "REVISION", "NEWEST", "LABEL", "STATUS", "RISK", "OWNER", "TAGS")
    return table(
        heads,
        (
            (
                prompt.prompt_id,
                f"v{head.version}",
                head.state,
                head.revision,
                f"v{prompt.newest.ref.version}",
                prompt.newest.label,
                prompt.status,
                prompt.newest.policy.risk,
                prompt.newest.owner,
                ", ".join(prompt.newest.tags),
            )
            for prompt in prompts
            for head in (prompt.heads[environment],)
        ),
    )


def _served(head: Head | None) -> str:
    """What an environment serves; a version that it serves no longer says why."""
    if head is None:
        return "-"
    return f"v{head.version}" if head.state == "live" else f"{head.state} (v{head.version})"
