"""A copy of the tree in which sources may be broken: the working tree is never touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.faults.mutations.mutation import Edit

LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv*",
    "node_modules",
    "build",
    "cdk.out",
    "__pycache__",
    "*.egg-info",
    ".*_cache",
    ".hypothesis",
)
#: Not copied, and never written by a test: they are linked.
TOOLS = (".venv", ".venv-local", "node_modules")
TIMEOUT_SECONDS = 300
#: What pytest's exit codes mean here; anything else is a test that could not be run.
ENDS = {0: "passed", 1: "failed"}
End = Literal["passed", "failed", "broken", "hung"]


class NotApplicable(Exception):
    """The source no longer holds what the edit wants to change."""


@dataclass(frozen=True)
class Ran:
    end: End
    seconds: float
    output: str


class Copy:
    """One copy; only one test at a time may run in it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(root, folder, ignore=LEFT_OUT, symlinks=True)
        for tool in TOOLS:
            if (root / tool).exists():
                (folder / tool).symlink_to((root / tool).resolve())
        (folder / "build").mkdir()

    @contextmanager
    def edited(self, edits: tuple[Edit, ...]) -> Iterator[None]:
        """The copy with these edits, and as it was afterwards; raises NotApplicable."""
        before = {file: (self.folder / file).read_text(encoding="utf-8") for file, _, _ in edits}
        try:
            for file, old, new in edits:
                path = self.folder / file
                text = path.read_text(encoding="utf-8")
                if text.count(old) != 1:
                    raise NotApplicable(f"{file} holds {old.strip()[:60]!r} {text.count(old)} times")
                path.write_text(text.replace(old, new), encoding="utf-8")
            yield
        finally:
            for file, text in before.items():
                (self.folder / file).write_text(text, encoding="utf-8")

    def run(self, *tests: str) -> Ran:
        """How these tests end here."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "--no-header",
            *tests,
        ]
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        began = time.monotonic()
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env={
                    **inherited,
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "HYPOTHESIS_STORAGE_DIRECTORY": "build/hypothesis",
                },
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ran("hung", TIMEOUT_SECONDS, "")
        end: End = ENDS.get(done.returncode, "broken")  # type: ignore[assignment]
        return Ran(end, time.monotonic() - began, done.stdout[-3_000:] + done.stderr[-1_000:])
