"""promptops drift: whether git, registry, ledgers and pointers say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer, note
from promptops.domain.errors import BadInput, Drifted, NotAFile, shown
from promptops.domain.identifiers import PromptRef, check_prompt_id
from promptops.domain.ledger import Head

if TYPE_CHECKING:
    from promptops.cli.drift_view import InGit, Sides
    from promptops.domain.drift import Drift, Standing
    from promptops.domain.version import Family
    from promptops.ports import Ledger, Pointers, Registry

FOLDER = "prompts"
PAGE_FAMILIES = 200
#: How often a head that moves is looked at again; a release that runs on is none of this command's findings.
MAX_LOOKS = 3
MAX_FOUND_BEFORE = 10
FOUND_BEFORE_LOOKED_AT = 200
Prompt = Annotated[str, typer.Argument(metavar="[PROMPT]", help="E.g. support-ticket; default: all.")]
There = Annotated[str, typer.Option("--env", metavar="ENV", help="Only this environment.")]
Folders = Annotated[str, typer.Option("--folder", metavar="DIR", help="Where the prompt folders are.")]


def drift(
    prompt: Prompt = "",
    env: There = "",
    folder: Folders = FOLDER,
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Say where git, registry, ledgers and pointers differ.

    Changes nothing. Exits 0 when all say the same, 5 when something differs. A version that is not promoted
    everywhere yet is no drift.

    \b
    Example:  promptops drift
              promptops drift support-ticket --env prod
    Next:     promptops publish prompts/support-ticket, or wait a minute: pointers are repaired by themselves
    """
    from promptops.cli.drift_view import drift_table, found_before

    asked = check_prompt_id(prompt) if prompt else ""
    to_stack = line.open_line(profile, region, prefix)
    environments = [to_stack.environment(env)] if env else list(to_stack.installation.environments)
    folders = _folders(Path(folder), is_default=folder == FOLDER)
    lines = list(_compare(asked, environments, folders, to_stack))
    found = list(_found_before(asked, environments, to_stack)) if asked else []
    document = {
        "lines": [each.to_dict() for each in lines],
        "found_before": [{"environment": name, **each.to_dict()} for name, each in found],
    }
    drifted = [each for each in lines if each.differs]
    if not (drifted and as_json):
        text = drift_table(lines) if lines else "No prompt is published yet, and there is no folder of one."
        answer(document, text, *found_before(found), as_json=as_json)
    if drifted:
        what = f"{len(drifted)} of {len(lines)} lines differ"
        fix = "Publish what changed in git; pointers are repaired within a minute."
        raise Drifted(what, fix, **document)


def _folders(root: Path, *, is_default: bool) -> dict[str, Path] | None:
    """Prompt folders by their names; None outside a checkout, where there is nothing to compare with."""
    from promptops.cli.folder import METADATA_FILE

    if not root.is_dir():
        if is_default:
            note(f"There is no folder {root} here: git is left out. Name it with --folder to compare it too.")
            return None
        raise NotAFile(
            f"there is no folder {shown(root)}", "Name the folder that holds the prompts' folders."
        )
    folders = {}
    for place in sorted(file.parent for file in root.glob(f"*/{METADATA_FILE}")):
        try:
            folders[check_prompt_id(place.name)] = place
        except BadInput as error:
            note(f"{place} is left out: {error}")
    return folders


def _compare(
    asked: str, environments: Sequence[str], folders: Mapping[str, Path] | None, to_stack: line.Line
) -> Iterator[Sides]:
    """A line for each prompt and environment; raises UnknownPrompt for one that is nowhere."""
    from promptops.cli.drift_view import Sides

    families = _families(asked, to_stack.registry)
    wanted = [asked] if asked else None
    heads = {
        name: {head.prompt_id: head for head in to_stack.ledgers[name].heads(wanted)} for name in environments
    }
    known = {*families, *(folders or ())}.union(*heads.values())
    prompt_ids = [asked] if asked else sorted(known)
    if asked and asked not in known:
        to_stack.registry.versions(asked)
    refs = {PromptRef(family.prompt_id, family.latest) for family in families.values()}
    refs |= {PromptRef(head.prompt_id, head.version) for there in heads.values() for head in there.values()}
    records = to_stack.registry.records(sorted(refs))
    in_git = {name: _in_git((folders or {}).get(name), families.get(name)) for name in prompt_ids}
    texts = {name: to_stack.pointers(name).read_many(prompt_ids) for name in environments}
    for prompt_id in prompt_ids:
        family = families.get(prompt_id)
        for name in environments:
            head, text, standing = _settled(
                heads[name].get(prompt_id, Head(prompt_id)),
                texts[name].get(prompt_id),
                to_stack.ledgers[name],
                to_stack.pointers(name),
            )
            live = PromptRef(prompt_id, head.version)
            if head.revision and live not in records:
                # Released while we looked, or lost: only a second look tells.
                records = {**records, **to_stack.registry.records([live])}
            yield Sides(
                prompt_id=prompt_id,
                environment=name,
                in_git=in_git[prompt_id] if folders is not None else _unseen(),
                newest=records.get(PromptRef(prompt_id, family.latest)) if family else None,
                head=head,
                served=records.get(live),
                pointer=text,
                standing=standing,
            )


def _families(asked: str, registry: Registry) -> dict[str, Family]:
    if asked:
        family = registry.family(asked)
        return {asked: family} if family else {}
    page = registry.families(limit=PAGE_FAMILIES)
    found = {family.prompt_id: family for family in page.items}
    while page.next:
        page = registry.families(limit=PAGE_FAMILIES, after=page.next)
        found.update((family.prompt_id, family) for family in page.items)
    return found


def _settled(
    head: Head, text: str | None, ledger: Ledger, pointers: Pointers
) -> tuple[Head, str | None, Standing]:
    """Head and pointer that were there at one moment, and what the pointer is beside that head."""
    from promptops.domain.drift import standing

    found = standing(text, head, partial(ledger.release, head.prompt_id))
    for _ in range(MAX_LOOKS):
        if found == "right" or (text is None and not head.revision):
            break
        text = pointers.read(head.prompt_id)
        before, head = head, ledger.head(head.prompt_id)
        found = standing(text, head, partial(ledger.release, head.prompt_id))
        if head == before:
            break
    return head, text, found


def _in_git(place: Path | None, family: Family | None) -> InGit:
    from promptops.cli.checked import check
    from promptops.cli.drift_view import InGit

    if place is None:
        return InGit("no folder")
    try:
        checked = check(place)
    except BadInput as error:
        return InGit("broken", family.latest if family else 0, error.code)
    if family is None:
        return InGit("not published")
    same = checked.source.digest(checked.validated.dataset.sha256) == family.latest_source_sha256
    return InGit("published" if same else "changed", family.latest)


def _unseen() -> InGit:
    from promptops.cli.drift_view import InGit

    return InGit("unseen")


def _found_before(
    asked: str, environments: Sequence[str], to_stack: line.Line
) -> Iterator[tuple[str, Drift]]:
    """What reconcilers found of this prompt lately, by environment."""
    for name in environments:
        newest = to_stack.ledgers[name].drifts(limit=FOUND_BEFORE_LOOKED_AT)
        yield from [(name, each) for each in newest if each.prompt_id == asked][:MAX_FOUND_BEFORE]
