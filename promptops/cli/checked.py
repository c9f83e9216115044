"""A prompt folder that passed every check publish would make."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from promptops.cli.folder import PromptFolder, read_folder
from promptops.domain.errors import InvalidMetadata, shown
from promptops.domain.source import PromptSource
from promptops.stages.validate import Validated, validate


@dataclass(frozen=True)
class Checked:
    """The folder, what it says, and what it compiles to."""

    folder: PromptFolder
    source: PromptSource
    validated: Validated


def check(path: Path) -> Checked:
    """Raises the first of BadInput's leaves that applies; nothing leaves this machine."""
    folder = read_folder(path)
    source = PromptSource.from_dict(folder.source)
    name = path.resolve().name
    if name != source.prompt_id:
        # A copied folder that kept its prompt_id would become the next version of the other prompt.
        what = f"prompt_id is {shown(source.prompt_id)}, its folder {shown(name)}"
        raise InvalidMetadata(what, "Give both the same name.")
    return Checked(folder, source, validate(source, folder.dataset))
