"""promptops dataset: case files checked here, and sensitive ones uploaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promptops.cli import line
from promptops.cli.options import PREFIX, AsJson, Prefix, Profile, Region
from promptops.cli.output import answer, note, table
from promptops.domain.errors import (
    BadInput,
    BinaryContent,
    InvalidDataset,
    InvalidEncoding,
    NotAFile,
    TooLarge,
)

if TYPE_CHECKING:
    from promptops.cli.datasets.case_file import CaseFile
    from promptops.domain.dataset import CaseOutline
    from promptops.domain.source import PromptSource

#: What the API takes in one call, compressed.
MAX_PACKED_CHARS = 4_500_000
#: Errors about a file, none of which quotes what is in it.
_WITHOUT_TEXTS = (BinaryContent, InvalidEncoding, NotAFile, TooLarge)
app = typer.Typer(
    name="dataset",
    rich_markup_mode=None,
    help="Check case files, and upload the sensitive ones.",
)
File = Annotated[Path, typer.Argument(metavar="FILE", help="E.g. cases.jsonl; also .csv, .yaml and .json.")]
Prompt = Annotated[
    str, typer.Option("--prompt", metavar="FOLDER", help="Whose variables and floors the cases must fit.")
]


@app.command()
def check(file: File, prompt: Prompt = "", as_json: AsJson = False) -> None:
    """Check cases without AWS, and count them by tag and kind of assertion.

    Reads JSON lines, YAML, CSV and promptfoo's test files. Errors quote the cases: mind where the output of
    sensitive ones goes.

    \b
    Example:  promptops dataset check cases.csv
              promptops dataset check cases.jsonl --prompt prompts/support-ticket
    Next:     dataset: {file: cases.csv} in prompt.yaml, or promptops dataset upload
    """
    found, source = _read(file, prompt, sensitive=False)
    outlines = _checked(found, source, quoting=True)
    for warning in found.warnings:
        note(warning)
    counted = _counted(outlines)
    document = {"valid": True, "cases": len(outlines), **counted, "warnings": list(found.warnings)}
    critical = f", {counted['critical']} critical" if counted["critical"] else ""
    rows = [
        (what, name, n) for what in ("tags", "metrics", "assertions") for name, n in _counts(counted[what])
    ]
    answer(
        document,
        f"{file.name} is valid: {len(outlines)} cases{critical}.",
        *([table(("COUNTED", "NAME", "NUMBER"), rows)] if rows else []),
        as_json=as_json,
    )


@app.command()
def upload(
    file: File,
    prompt: Prompt = "",
    profile: Profile = "",
    region: Region = "",
    prefix: Prefix = PREFIX,
    as_json: AsJson = False,
) -> None:
    """Upload sensitive cases into the bucket that only evaluations read.

    Keep the file where only those are who may read it, and not in git: what prompt.yaml says is only its
    digest. Of these cases, ids, tags and metric names are shown to people; texts never leave the bucket. The
    same cases uploaded again are the same dataset.

    \b
    Example:  promptops dataset upload ~/restricted/complaints.jsonl --prompt prompts/refund-policy
    Next:     paste the line it prints into prompt.yaml, then promptops publish
    """
    from promptops.contract.bodies import DatasetBody
    from promptops.stages.upload_dataset import pack

    found, source = _read(file, prompt, sensitive=True)
    _checked(found, source, quoting=False)
    packed = pack(found.lines)
    if len(packed) > MAX_PACKED_CHARS:
        what = f"the cases have {len(packed)} bytes when compressed, limit {MAX_PACKED_CHARS}"
        raise TooLarge(what, "Keep those that tell versions apart.")
    to_stack = line.open_line(profile, region, prefix)
    uploaded = to_stack.api.post("/v1/datasets", DatasetBody(packed).to_dict(), repeatable=True)
    for warning in found.warnings:
        note(warning)
    sha256, cases = uploaded["sha256"], uploaded["cases"]
    snippet = f'dataset: {{sha256: "{sha256}", cases: {cases}, sensitive: true}}'
    answer(
        {**uploaded, "prompt_yaml": snippet},
        f"Uploaded {cases} cases, sha256 {sha256}. For prompt.yaml:",
        snippet,
        as_json=as_json,
    )


def _read(file: Path, prompt: str, *, sensitive: bool) -> tuple[CaseFile, PromptSource | None]:
    from promptops.cli.datasets.reading import read_cases
    from promptops.cli.folder import read_folder
    from promptops.domain.dataset import LOOK
    from promptops.domain.source import PromptSource
    from promptops.stages.upload_dataset import MAX_BYTES

    source = PromptSource.from_dict(read_folder(Path(prompt)).source) if prompt else None
    types = {name: variable.type for name, variable in source.variables.items()} if source else {}
    try:
        found = read_cases(
            file.parent, file.name, max_bytes=MAX_BYTES, types=types, from_descriptions=not sensitive
        )
    except BadInput as error:
        if not sensitive or isinstance(error, _WITHOUT_TEXTS):
            raise
        what = f"{file.name} cannot be read: {error.code}, not shown as the cases are sensitive"
        raise InvalidDataset(what, LOOK) from None
    return found, source


def _checked(found: CaseFile, source: PromptSource | None, *, quoting: bool) -> tuple[CaseOutline, ...]:
    from promptops.domain.dataset import outline, read_case
    from promptops.domain.measurable import check_measurable

    with found.placing():
        outlines = outline(found.lines.encode(), quoting=quoting)
        for outlined in outlines:
            read_case(outlined, source.variables if source else None, quoting=quoting)
    if source:
        check_measurable(outlines, source.policy)
    return outlines


def _counted(outlines: tuple[CaseOutline, ...]) -> dict[str, object]:
    """How many cases have each tag, and how many assertions each metric and kind."""
    return {
        "critical": sum(outlined.critical for outlined in outlines),
        "tags": dict(Counter(tag for outlined in outlines for tag in outlined.tags)),
        "metrics": dict(Counter(name for outlined in outlines for name in outlined.metrics)),
        "assertions": dict(Counter(kind for outlined in outlines for kind in outlined.kinds)),
    }


def _counts(counted: object) -> list[tuple[str, int]]:
    assert isinstance(counted, Mapping)
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))
