"""A case file of any kind as JSON lines: JSONL as it is, YAML, JSON and CSV written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from promptops.cli.datasets.case_file import CaseFile
from promptops.cli.datasets.csv_tests import csv_tests
from promptops.cli.datasets.document_tests import DocumentTests
from promptops.cli.datasets.files import DOCUMENTS, Files
from promptops.cli.datasets.found_test import FoundTest
from promptops.cli.datasets.naming import case_ids
from promptops.cli.datasets.written_out import braces, written_out
from promptops.cli.prompt_files import read_text
from promptops.domain.canonical import canonical
from promptops.domain.dataset import MAX_CASES
from promptops.domain.errors import InvalidDataset, TooLarge, shown

KINDS = (".jsonl", ".csv", *DOCUMENTS)
_DEFAULTS: tuple[tuple[str, object], ...] = (
    ("critical", False),
    ("weight", 1),
    ("tags", []),
    ("description", ""),
    ("provenance", ""),
)


def read_cases(
    folder: Path,
    name: str,
    *,
    max_bytes: int,
    types: Mapping[str, str] | None = None,
    from_descriptions: bool = True,
) -> CaseFile:
    """The cases in the file `name` of the folder, of at most so many bytes as JSON lines.

    `types` are those of the prompt's variables, for files that only know texts. Raises BadInput's leaves,
    each with the place in the file.
    """
    suffix = PurePosixPath(name).suffix
    if suffix == ".jsonl":
        return CaseFile(name, read_text(folder, name, max_bytes=max_bytes), files=(name,))
    if suffix not in KINDS:
        raise InvalidDataset(f"{shown(name)} is no case file", f"Name one that ends in {', '.join(KINDS)}.")
    path = PurePosixPath(name)
    files = Files(folder, path.parent)
    documents = DocumentTests(files, types or {})
    tests: Iterator[FoundTest] = (
        csv_tests(files.text(path.name, with_mark=True), path.name, types or {})
        if suffix == ".csv"
        else documents.of(path.name)
    )
    ignored: dict[str, None] = {}
    warnings: list[str] = []
    places: list[str] = []
    cases: list[dict[str, object]] = []
    for test in tests:
        ignored |= dict.fromkeys((*test.ignored, *_of_no_use(test)))
        for case in _written_out(test, files):
            places.append(test.place)
            cases.append(case)
            warnings += [_literal(test.place, variable) for variable in braces(_vars(case))]
            if len(cases) > MAX_CASES:
                what = f"{name} has more than {MAX_CASES} cases"
                raise TooLarge(what, "Keep those that tell versions apart.")
    ignored |= documents.ignored
    if ignored:
        what = f"{', '.join(ignored)} of {name} say nothing about a case and are not used"
        warnings.append(f"W_DATASET_IGNORED: {what}. Prompt and model are the folder's own.")
    lines = _lines(cases, from_descriptions=from_descriptions)
    if len(lines.encode()) > max_bytes:
        raise TooLarge(f"{name} makes {len(lines.encode())} bytes of cases, limit {max_bytes}", "Shorten it.")
    return CaseFile(name, lines, tuple(places), tuple(files.read), tuple(warnings))


def _lines(cases: Sequence[Mapping[str, object]], *, from_descriptions: bool) -> str:
    """One form for the same cases, whatever they were read from."""
    ids = case_ids(cases, from_descriptions=from_descriptions)
    return "".join(
        canonical({**_told(case), "id": case_id}).decode() + "\n"
        for case, case_id in zip(cases, ids, strict=True)
    )


def _told(case: Mapping[str, object]) -> dict[str, object]:
    """What is not as it would be anyway."""
    return {
        field: value
        for field, value in case.items()
        if not any(field == name and repr(value) == repr(default) for name, default in _DEFAULTS)
    }


def _written_out(test: FoundTest, files: Files) -> Iterator[dict[str, object]]:
    try:
        yield from written_out(test, files)
    except InvalidDataset as error:
        raise InvalidDataset(f"{test.place}: {error.what}", error.fix) from error


def _of_no_use(test: FoundTest) -> Iterator[str]:
    return (field for field in ("metadata",) if field in test.document or field in test.default)


def _vars(case: Mapping[str, object]) -> Mapping[str, object]:
    variables = case["vars"]
    assert isinstance(variables, Mapping)
    return variables


def _literal(place: str, variable: str) -> str:
    return f"W_DATASET_BRACES: {place}: {variable} is sent as it is. Values are never templates."
