"""A prompt folder as its author keeps it, read into what publish takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptops.cli import strict_yaml
from promptops.cli.datasets.case_file import CaseFile
from promptops.cli.datasets.reading import read_cases
from promptops.cli.git_history import authorship
from promptops.cli.prompt_files import read_text
from promptops.contract.bodies import PublishBody
from promptops.domain.blocks import BLOCK_ID, included
from promptops.domain.checks import MAX_TEXT_BYTES
from promptops.domain.compile import MAX_DATASET_BYTES
from promptops.domain.errors import (
    InvalidMetadata,
    InvalidMetadataType,
    MissingBlock,
    NotAFile,
    UnknownMetadata,
    shown,
)
from promptops.domain.source import SCHEMA
from promptops.domain.suggestion import did_you_mean
from promptops.domain.uploaded import UPLOAD

METADATA_FILE = "prompt.yaml"
BLOCKS_FOLDER = "_blocks"
_TEXT_FIELDS = frozenset({"prompt_id", "label", "description", "owner", "risk", "rationale", "text"})
_FIELDS = _TEXT_FIELDS | {
    "schema",
    "messages",
    "model",
    "parameters",
    "variables",
    "output_schema",
    "thresholds",
    "evaluation",
    "dataset",
    "tags",
    "examples",
    "allow_invisible",
    "allow_secret",
}
_ROLE_AND_FILE = ("role", "file")
_DATASET = ("file", "sha256", "cases", "sensitive")


@dataclass(frozen=True)
class PromptFolder:
    """What one folder says: `source` is the document `PromptSource.from_dict` reads, `cases` its cases.

    Cases that the source names by their digest are not here.
    """

    path: Path
    source: Mapping[str, object]
    cases: CaseFile
    files: tuple[Path, ...]

    @property
    def dataset(self) -> str:
        """The cases as JSON lines."""
        return self.cases.lines

    def body(self, since: str = "") -> PublishBody:
        """What publish sends; authors are those who wrote it after commit `since`."""
        written = authorship(self.path, self.files, since)
        return PublishBody(dict(self.source), self.dataset, written.authors, written.commit)


def read_folder(path: Path) -> PromptFolder:
    """The folder's content; raises BadInput's leaves, each naming file and line where there is one."""
    if not path.is_dir() or path.is_symlink() or not (path / METADATA_FILE).exists():
        raise NotAFile(
            f"{shown(path)} is not a prompt folder", f"Name a folder that holds a {METADATA_FILE}."
        )
    names = [METADATA_FILE]
    document = _metadata(path)
    messages = []
    texts = []
    for role, name in _message_files(document):
        texts.append(read_text(path, name, max_bytes=MAX_TEXT_BYTES))
        messages.append({"role": role, "content": texts[-1]})
        names.append(name)
    cases = _cases(path, document)
    names += cases.files
    blocks = _blocks(path, texts)
    beside = ("text", "dataset") if cases.files else ("text",)
    source = {
        **{name: value for name, value in document.items() if name not in beside},
        "messages": messages,
        "blocks": blocks,
    }
    files = [path / name for name in names]
    files += [path.parent / BLOCKS_FOLDER / f"{block}.md" for block in blocks]
    return PromptFolder(path, source, cases, tuple(file.resolve() for file in files))


def _metadata(path: Path) -> dict[str, object]:
    text = read_text(path, METADATA_FILE, max_bytes=MAX_TEXT_BYTES)
    document = strict_yaml.load(text, METADATA_FILE, text_fields=_TEXT_FIELDS)
    if not isinstance(document, dict):
        raise InvalidMetadata(f"{METADATA_FILE} holds no fields", "Begin it with schema: 1.")
    _check_known(document, _FIELDS, "")
    schema = document.get("schema")
    if schema is None:
        raise InvalidMetadata(f"{METADATA_FILE}: schema is missing", f"Add schema: {SCHEMA}.")
    if schema != SCHEMA or isinstance(schema, bool):
        what = f"{METADATA_FILE}: schema is {shown(schema)}"
        raise InvalidMetadata(what, f"This promptops reads schema {SCHEMA}.")
    return document


def _message_files(document: Mapping[str, object]) -> list[tuple[object, str]]:
    """Role and file of each message; a text prompt is a single user message."""
    if "text" in document:
        if "messages" in document:
            raise InvalidMetadata(f"{METADATA_FILE} has text and messages", "Keep one of them.")
        return [("user", _file_name(document["text"], "text"))]
    messages = document.get("messages")
    if not isinstance(messages, list) or not messages:
        fix = "Add messages: [{role: user, file: user.md}]."
        raise InvalidMetadata(f"{METADATA_FILE} has no messages", fix)
    named = [(f"message {number}", item) for number, item in enumerate(messages, start=1)]
    entries = [(where, _entry(item, where, _ROLE_AND_FILE)) for where, item in named]
    return [(entry.get("role"), _file_name(entry.get("file"), where)) for where, entry in entries]


def _cases(path: Path, document: Mapping[str, object]) -> CaseFile:
    """The cases beside the prompt; none where it names them by their digest."""
    if "dataset" not in document:
        return CaseFile("", "")
    entry = _entry(document["dataset"], "dataset", _DATASET)
    if "file" not in entry and "sha256" in entry:
        return CaseFile("", "")
    if entry.get("sensitive"):
        what = f"{METADATA_FILE}: dataset names a file beside the prompt, and that is not restricted"
        raise InvalidMetadata(what, f"Who reads the folder reads it. {UPLOAD}")
    _entry(entry, "dataset", ("file",))
    name = _file_name(entry.get("file"), "dataset")
    return read_cases(path, name, max_bytes=MAX_DATASET_BYTES, types=_types(document))


def _types(document: Mapping[str, object]) -> dict[str, str]:
    """The variables' types, as far as they are sound: what is not will be refused with the source."""
    variables = document.get("variables")
    declared = variables.items() if isinstance(variables, dict) else ()
    return {name: str(item.get("type", "string")) for name, item in declared if isinstance(item, dict)}


def _entry(value: object, where: str, known: Collection[str]) -> dict[str, object]:
    if not isinstance(value, dict):
        what = f"{METADATA_FILE}: {where} is not a mapping"
        raise InvalidMetadataType(what, f"Write {{{', '.join(f'{name}: …' for name in known)}}}.")
    _check_known(value, known, f"{where}: ")
    return value


def _file_name(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidMetadata(f"{METADATA_FILE}: {where} names no file", "Name a file of this folder.")
    return value


def _check_known(document: Mapping[str, object], known: Collection[str], where: str) -> None:
    for name in document:
        if name not in known:
            hint = did_you_mean(name, known) or f"; known: {', '.join(sorted(known))}"
            what = f"{METADATA_FILE}: {where}{shown(name)} is not a field{hint}"
            raise UnknownMetadata(what, "Remove it or correct its name.")


def _blocks(path: Path, texts: Sequence[str]) -> dict[str, str]:
    """The text of every block the messages include, and of those that these include."""
    folder = path.resolve().parent / BLOCKS_FOLDER
    if folder.is_symlink():
        raise NotAFile(f"{BLOCKS_FOLDER} is a link", "Keep the blocks in a folder of that name.")
    blocks: dict[str, str] = {}
    waiting = {name for text in texts for name in included(text)}
    while waiting:
        block = min(waiting)
        if not BLOCK_ID.fullmatch(block):
            raise MissingBlock(f"{shown(block)} is not a block's id", "Use a-z, 0-9 and '-'.")
        file = folder / f"{block}.md"
        if not file.exists() and not file.is_symlink():
            known = ", ".join(sorted(file.stem for file in folder.glob("*.md"))) or "none"
            raise MissingBlock(f"there is no block {shown(block)}", f"Known in {BLOCKS_FOLDER}: {known}.")
        blocks[block] = read_text(folder, file.name, max_bytes=MAX_TEXT_BYTES)
        waiting = (waiting | set(included(blocks[block]))) - set(blocks)
    return blocks
