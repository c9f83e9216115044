"""A prompt folder that passed every check publish would make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from promptops.cli.folder import PromptFolder, read_folder
from promptops.domain.errors import InvalidMetadata, shown
from promptops.domain.graders.grading import Builder
from promptops.domain.graders.table import TABLE
from promptops.domain.source import PromptSource
from promptops.stages.validate import Validated, validate


@dataclass(frozen=True)
class Checked:
    """The folder, what it says, and what it compiles to."""

    folder: PromptFolder
    source: PromptSource
    validated: Validated


def check(path: Path, table: Mapping[str, Builder] = TABLE) -> Checked:
    """Raises the first of BadInput's leaves that applies; nothing leaves this machine.

    Assertions may be of the types in the table: by default of those that publish takes.
    """
    folder = read_folder(path)
    source = PromptSource.from_dict(folder.source)
    name = path.resolve().name
    if name != source.prompt_id:
        # A copied folder that kept its prompt_id would become the next version of the other prompt.
        what = f"prompt_id is {shown(source.prompt_id)}, its folder {shown(name)}"
        raise InvalidMetadata(what, "Give both the same name.")
    with folder.cases.placing():
        validated = validate(source, folder.dataset, table)
    return Checked(folder, source, replace(validated, warnings=validated.warnings + folder.cases.warnings))
