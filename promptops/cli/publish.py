"""promptops publish: a prompt folder as the next version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer, note
from promptops.domain.errors import AccessRefused
from promptops.domain.identifiers import PromptRef, parse_version

if TYPE_CHECKING:
    from promptops.contract.bodies import PublishBody
    from promptops.domain.policy import Risk

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="E.g. prompts/support-ticket.")]
AsVersion = Annotated[
    str, typer.Option("--as", metavar="VERSION", help="Publish as this version or not at all.")
]


def publish(
    folder: Folder,
    as_version: AsVersion = "",
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Publish a prompt folder as the next version.

    A version never changes again; the newest one's content published again stays that version. With --as it
    becomes that version or none: another content under a number that is taken is refused.

    \b
    Example:  promptops publish prompts/support-ticket
              promptops publish prompts/support-ticket --as v12
    Next:     promptops promote support-ticket@v1 --to dev --reason "first release"
    """
    from promptops.cli.checked import check

    if as_version:
        parse_version(as_version)
    checked = check(folder)
    to_stack = line.open_line(profile, region, prefix)
    body = checked.folder.body(since=_last_commit(checked.source.prompt_id, to_stack))
    body = replace(body, version=as_version)
    published = to_stack.api.post("/v1/publish", body.to_dict(), repeatable=True)
    for warning in [
        *published.get("warnings", []),
        *checked.folder.cases.warnings,
        *_unknown_authors(checked.source.policy.risk, body, to_stack),
    ]:
        note(str(warning))
    label = f" ({checked.source.label})" if checked.source.label else ""
    version = f"{published['prompt_id']}@{published['version']}{label}"
    text = (
        f"{version} has this content already."
        if published["outcome"] == "unchanged"
        else f"Published {version}."
    )
    answer(published, text, as_json=as_json)


def _unknown_authors(risk: Risk, body: PublishBody, to_stack: line.Line) -> Iterator[str]:
    """Warnings about authors who would keep anybody from approving a high-risk release."""
    if risk != "high":
        return
    try:
        people = to_stack.people
    except AccessRefused:
        return
    for author in body.authors:
        if people.by_email(author) is None:
            advice = "Add the address to people in cdk.json; until then nobody can approve this version."
            yield f"W_AUTHOR_UNKNOWN: {author} is nobody in the people map. {advice}"


def _last_commit(prompt_id: str, to_stack: line.Line) -> str:
    """The commit of the newest published version: who wrote something since then is an author of this one."""
    try:
        family = to_stack.registry.family(prompt_id)
        return to_stack.registry.version(PromptRef(prompt_id, family.latest)).commit if family else ""
    except AccessRefused:
        return ""
