"""Authors and commit of a prompt, from a real repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from promptops.cli.git_history import Authorship, authorship


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Dirk Dirty")
    git(tmp_path, "config", "user.email", "dirk@example.com")
    return tmp_path


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, file: str, text: str, author: str, message: str = "change") -> str:
    (folder / file).write_text(text)
    git(folder, "add", file)
    git(folder, "commit", "--quiet", "--author", f"Somebody <{author}>", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def test_authors_and_co_authors_of_the_files_and_of_no_others(repository: Path) -> None:
    commit(repository, "user.md", "1", "Alice@Example.com")
    wrote = commit(
        repository, "user.md", "2", "bob@example.com", "x\n\nCo-authored-by: Carol <carol@example.com>"
    )
    commit(repository, "other.md", "1", "eve@example.com")

    found = authorship(repository, [repository / "user.md"])

    assert found == Authorship(("alice@example.com", "bob@example.com", "carol@example.com"), wrote)


def test_only_those_after_the_last_published_commit(repository: Path) -> None:
    first = commit(repository, "user.md", "1", "alice@example.com")
    second = commit(repository, "user.md", "2", "bob@example.com")

    assert authorship(repository, [repository / "user.md"], since=first).authors == ("bob@example.com",)
    assert authorship(repository, [repository / "user.md"], since=f"{second}-dirty").authors == (
        "bob@example.com",
    )


def test_an_unknown_commit_hides_nobody(repository: Path) -> None:
    commit(repository, "user.md", "1", "alice@example.com")
    commit(repository, "user.md", "2", "bob@example.com")

    found = authorship(repository, [repository / "user.md"], since="f" * 40)

    assert found.authors == ("alice@example.com", "bob@example.com")


def test_uncommitted_changes_are_the_callers_own(repository: Path) -> None:
    wrote = commit(repository, "user.md", "1", "alice@example.com")
    (repository / "user.md").write_text("2")

    found = authorship(repository, [repository / "user.md"], since=wrote)

    assert found == Authorship(("alice@example.com", "dirk@example.com"), f"{wrote}-dirty")


def test_outside_a_repository_nobody_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "user.md").write_text("1")

    assert authorship(tmp_path, [tmp_path / "user.md"]) == Authorship()


def test_without_git_nobody_is_known(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, "user.md", "1", "alice@example.com")
    monkeypatch.setenv("PATH", "")

    assert authorship(repository, [repository / "user.md"]) == Authorship()
