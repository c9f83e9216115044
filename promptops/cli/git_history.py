"""Who wrote a prompt, as git remembers it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LAST_COMMITS = 20
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_FORMAT = "%ae%n%(trailers:key=Co-authored-by,valueonly,unfold)"
_ADDRESS = re.compile(r"<([^<>\s]+@[^<>\s]+)>")


@dataclass(frozen=True)
class Authorship:
    """E-mail addresses of authors and co-authors, lower case and sorted, and the commit they wrote.

    Both are empty outside a repository; the commit ends in `-dirty` when files differ from it.
    """

    authors: tuple[str, ...] = ()
    commit: str = ""


def authorship(folder: Path, files: Sequence[Path], since: str = "") -> Authorship:
    """Who wrote these files after commit `since`, or in their last commits where that is no ancestor."""
    paths = [str(file) for file in files]
    commit = _git(folder, "log", "-1", "--format=%H", "--", *paths)
    dirty = bool(_git(folder, "status", "--porcelain", "--", *paths))
    written = _written_since(folder, paths, since.removesuffix("-dirty")) if commit else ""
    authors = {line.strip() for line in written.splitlines() if "@" in line and "<" not in line}
    authors.update(_ADDRESS.findall(written))
    if dirty:
        authors.add(email if "@" in (email := _git(folder, "config", "user.email")) else "")
        commit = f"{commit or _git(folder, 'rev-parse', 'HEAD')}-dirty".removeprefix("-dirty")
    return Authorship(tuple(sorted({author.lower() for author in authors if author})), commit)


def _written_since(folder: Path, paths: list[str], since: str) -> str:
    log = ["log", f"-{LAST_COMMITS}", f"--format={_FORMAT}"]
    if _COMMIT.fullmatch(since) and _git(folder, "merge-base", since, "HEAD") == since:
        newer = _git(folder, *log, f"{since}..HEAD", "--", *paths)
        return newer or _git(folder, "log", "-1", f"--format={_FORMAT}", "--", *paths)
    return _git(folder, *log, "--", *paths)


def _git(folder: Path, *arguments: str) -> str:
    """What git prints; empty where there is no git, no repository or no answer in time."""
    command = ["git", "-C", str(folder), "--no-optional-locks", "-c", "log.showSignature=false", *arguments]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, errors="replace", timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
