"""YAML and JSON files of cases: a list of them, or promptfoo's `tests` and `defaultTest`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from promptops.cli.datasets.csv_tests import csv_tests
from promptops.cli.datasets.files import DOCUMENTS, SCHEME, Files, is_reference
from promptops.cli.datasets.found_test import FoundTest
from promptops.domain.errors import InvalidDataset, shown
from promptops.domain.strict_json import read_json
from promptops.domain.suggestion import did_you_mean

_READ = ("tests", "defaultTest", "assertionTemplates")
#: About promptfoo's own runs; the prompt and its model are the folder's.
_OF_NO_USE = (
    "$schema",
    "commandLineOptions",
    "description",
    "env",
    "evaluateOptions",
    "metadata",
    "outputPath",
    "prompts",
    "providers",
    "sharing",
    "tags",
    "targets",
    "writeLatestResults",
)


class DocumentTests:
    """The tests a file holds, with those of the files it names; `ignored` are its fields of no use here."""

    def __init__(self, files: Files, types: Mapping[str, str]) -> None:
        self._files = files
        self._types = types
        self.ignored: dict[str, None] = {}

    def of(self, name: str) -> Iterator[FoundTest]:
        """Raises InvalidDataset with the file, and what reading it raises."""
        root = self._files.document(name)
        if isinstance(root, list):
            yield from self._listed(root, name, {}, root)
            return
        if not isinstance(root, Mapping) or "tests" not in root:
            raise InvalidDataset(f"{name} holds no tests", "Write a list of cases, or tests: with one.")
        self.ignored |= dict.fromkeys(field for field in root if field in _OF_NO_USE)
        for field in root:
            if field not in (*_READ, *_OF_NO_USE):
                what = f"{name}: {shown(field)} is not read{did_you_mean(field, _READ)}"
                raise InvalidDataset(what, "Write its cases out under tests.")
        yield from self._listed(root["tests"], name, self._default(root.get("defaultTest"), name), root)

    def _default(self, value: object, name: str) -> Mapping[str, object]:
        default = self._files.document(str(value)) if is_reference(value) else value
        if default is None:
            return {}
        if not isinstance(default, Mapping):
            raise InvalidDataset(f"{name}: defaultTest is not a mapping", "Write vars and assert into it.")
        return default

    def _listed(
        self, tests: object, name: str, default: Mapping[str, object], root: object
    ) -> Iterator[FoundTest]:
        """Of a list each item, which may be the name of a file with more; a single one counts as a list."""
        for number, test in enumerate(tests if isinstance(tests, list) else [tests], start=1):
            place = f"{name} test {number}"
            if isinstance(test, str):
                for path in self._files.matching(test):
                    yield from self._external(path, place, default, root)
            elif not isinstance(test, Mapping) or "path" in test:
                raise InvalidDataset(f"{place} is no test", "Write vars and assert, or file://tests.yaml.")
            else:
                yield FoundTest(place, test, default, root)

    def _external(
        self, path: str, place: str, default: Mapping[str, object], root: object
    ) -> Iterator[FoundTest]:
        name = path.removeprefix(SCHEME)
        suffix = PurePosixPath(name).suffix
        if suffix == ".csv":
            rows = csv_tests(self._files.text(name, with_mark=True), name, self._types)
            yield from (replace(row, default=default, root=root, external=True) for row in rows)
            return
        if suffix == ".jsonl":
            tests: object = list(self._json_lines(name))
        elif suffix in DOCUMENTS:
            tests = self._files.document(name)
        else:
            what = f"{place}: {shown(name)} is no file of tests"
            raise InvalidDataset(what, "Name a .yaml, .json, .jsonl or .csv file.")
        for number, test in enumerate(tests if isinstance(tests, list) else [tests], start=1):
            if not isinstance(test, Mapping):
                raise InvalidDataset(f"{name} test {number} is no test", "Write vars and assert.")
            yield FoundTest(f"{name} test {number}", test, default, root, external=True)

    def _json_lines(self, name: str) -> Iterator[object]:
        for number, line in enumerate(self._files.text(name).split("\n"), start=1):
            if line.strip():
                try:
                    yield read_json(line)
                except ValueError as error:
                    raise InvalidDataset(f"{name}:{number}: {error}", "Write one test a line.") from error
