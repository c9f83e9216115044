"""The files a case file names with `file://`: inside its folder, and no scripts."""

from __future__ import annotations

import fnmatch
import json
from pathlib import Path, PurePosixPath

from promptops.cli import strict_yaml
from promptops.cli.prompt_files import read_text
from promptops.domain.compile import MAX_DATASET_BYTES
from promptops.domain.errors import InvalidDataset, NotAFile, shown
from promptops.domain.strict_json import read_json

SCHEME = "file://"
DOCUMENTS = (".json", ".yaml", ".yml")
MAX_MATCHES = 1_000
_SCRIPTS = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".sh", ".go")
_WILD = frozenset("*?[")


class Files:
    """Files below `folder`, named relative to `base` within it; `read` lists those that were read."""

    def __init__(self, folder: Path, base: PurePosixPath) -> None:
        self._folder = folder
        self._base = base
        self.read: dict[str, None] = {}

    def text(self, name: str, *, with_mark: bool = False) -> str:
        """The file's text; raises NotAFile for links and for what is not inside the folder, and its kin."""
        path = str(self._base / name.removeprefix(SCHEME))
        text = read_text(self._folder, path, max_bytes=MAX_DATASET_BYTES, with_mark=with_mark)
        self.read[path] = None
        return text

    def document(self, name: str) -> object:
        """The value in a JSON or YAML file."""
        text = self.text(name)
        if not name.endswith(".json"):
            return strict_yaml.load(text, name.removeprefix(SCHEME))
        try:
            return read_json(text)
        except ValueError as error:
            raise InvalidDataset(f"{name.removeprefix(SCHEME)}: {error}", "Correct the JSON.") from error

    def value(self, name: str, *, trimmed: bool) -> object:
        """What an assertion expects: the value in JSON and YAML files, of others the text."""
        _refuse_script(name)
        if name.endswith(DOCUMENTS):
            return self.document(name)
        return self.text(name).strip() if trimmed else self.text(name)

    def variable(self, name: str) -> str:
        """A variable's text: that of the file, YAML as JSON."""
        _refuse_script(name)
        if name.endswith((".yaml", ".yml")):
            return json.dumps(self.document(name), ensure_ascii=False, separators=(",", ":"))
        return self.text(name).strip()

    def matching(self, name: str) -> list[str]:
        """The names a pattern such as `tests/*.yaml` stands for, sorted; a plain name stands for itself."""
        path = name.removeprefix(SCHEME)
        if not _WILD & set(path):
            return [path]
        parts = PurePosixPath(path)
        if _WILD & set(str(parts.parent)) or ".." in parts.parts or parts.is_absolute():
            raise NotAFile(f"{shown(path)} is no pattern for files of one folder", "Write tests/*.yaml.")
        here = self._folder / self._base / parts.parent
        found = [file.name for file in here.iterdir()] if here.is_dir() else []
        names = sorted(name for name in found if fnmatch.fnmatchcase(name, parts.name))
        if not 0 < len(names) <= MAX_MATCHES:
            what = f"{shown(path)} names {len(names)} files"
            raise NotAFile(what, f"Name 1 to {MAX_MATCHES} that are there.")
        return [str(parts.parent / name) for name in names]


def is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith(SCHEME)


def _refuse_script(name: str) -> None:
    if name.endswith(_SCRIPTS) or ":" in name.removeprefix(SCHEME):
        raise InvalidDataset(f"{shown(name)} is a script", "Cases are data; no script is run for them.")
