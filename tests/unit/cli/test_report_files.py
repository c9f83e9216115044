"""Where reports go: checked before anything is asked, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from promptops.cli.report.files import ReportFiles, check_writable, write_whole
from promptops.cli.report.told import Told
from promptops.domain.errors import BadInput, InvalidUsage, NotAFile
from tests.unit.cli.reports import worse_than_live

TOLD = Told(worse_than_live())


def test_each_form_is_written_to_its_file(tmp_path: Path) -> None:
    names = {form: str(tmp_path / form) for form in ("html", "junit", "markdown")}
    files = ReportFiles(**names)

    files.check(as_json=True)

    assert files.write(TOLD) == list(names.values())
    assert [(tmp_path / name).read_text()[:5] for name in names] == ["<!doc", "<?xml", "<!-- "]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    files = ReportFiles(junit="-")

    files.check(as_json=False)

    assert files.write(TOLD) == []
    assert capsys.readouterr().out.startswith("<?xml")


@pytest.mark.parametrize(("files", "as_json"), [(ReportFiles("-", "-"), False), (ReportFiles("-"), True)])
def test_standard_output_takes_one_document(files: ReportFiles, as_json: bool) -> None:
    with pytest.raises(InvalidUsage, match="takes one document"):
        files.check(as_json=as_json)


def test_two_forms_never_overwrite_each_other(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")

    for other in ("a", "link", "./b/../a"):
        with pytest.raises(InvalidUsage, match="is named twice"):
            ReportFiles(str(tmp_path / "a"), str(tmp_path / other)).check(as_json=False)
    with pytest.raises(InvalidUsage, match="is named twice"):
        ReportFiles(str(tmp_path / "a")).check(str(tmp_path / "a"), as_json=False)


def test_what_cannot_be_written_is_known_before_it_is_needed(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "no" / "folder", Path("/dev/null"), Path("/proc/report")):
        with pytest.raises(NotAFile):
            check_writable(path)


def test_a_check_leaves_nothing_behind_and_what_was_there_alone(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("old")

    ReportFiles(html=str(tmp_path / "report")).check(str(tmp_path / "new"), as_json=False)

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"report": "old"}


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)

    with pytest.raises(BadInput, match="No space left on device"):
        write_whole(tmp_path / "report", "new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"report": "old"}
