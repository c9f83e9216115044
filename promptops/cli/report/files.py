"""Where reports are written: checked before anything is asked, each file whole or not at all."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from promptops.cli.report.told import Told
from promptops.domain.errors import InvalidUsage, NotAFile, shown

#: In place of a path.
STANDARD_OUTPUT = "-"


@dataclass(frozen=True)
class ReportFiles:
    """The forms a report is wanted in besides the answer; empty for those it is not."""

    html: str = ""
    junit: str = ""
    markdown: str = ""

    @property
    def _wanted(self) -> dict[str, str]:
        forms = {"html": self.html, "junit": self.junit, "markdown": self.markdown}
        return {form: target for form, target in forms.items() if target}

    @property
    def on_standard_output(self) -> bool:
        return STANDARD_OUTPUT in self._wanted.values()

    def check(self, *others: str, as_json: bool) -> None:
        """Returns if each can be written, `others` beside them; raises InvalidUsage or NotAFile."""
        targets = [*self._wanted.values(), *filter(None, others)]
        paths = [_resolved(target) for target in targets if target != STANDARD_OUTPUT]
        for path in paths:
            if paths.count(path) > 1:
                raise InvalidUsage(f"{shown(path)} is named twice", "Give each file a name of its own.")
            check_writable(path)
        if targets.count(STANDARD_OUTPUT) + as_json > 1:
            raise InvalidUsage("standard output takes one document", "Write the others to files.")

    def write(self, told: Told) -> list[str]:
        """Writes them all; returns the paths."""
        written = []
        for form, target in self._wanted.items():
            text = _makers()[form](told)
            if target == STANDARD_OUTPUT:
                sys.stdout.write(text)
            else:
                write_whole(_resolved(target), text)
                written.append(target)
        return written


def check_writable(path: Path) -> None:
    """Raises NotAFile unless a file can be put there."""
    if path.exists() and not path.is_file():
        raise NotAFile(f"{shown(path)} is no regular file", "Name a file.")
    if not path.parent.is_dir():
        raise NotAFile(f"{shown(path.parent)} is no folder", "Create it first, or name another one.")
    # What permissions, a full disk or a read-only file system would do at the end, they do now.
    trial = beside(path)
    try:
        trial.touch(exist_ok=False)
    except OSError as error:
        what = f"{shown(path)} cannot be written: {error.strerror}"
        raise NotAFile(what, "Name a file where you may write.") from error
    trial.unlink()


def write_whole(path: Path, text: str) -> None:
    """The file, in one step: nobody reads half of it, and a failure leaves what was there."""
    made = beside(path)
    try:
        # Answers may hold lone surrogates, which UTF-8 has no form for.
        made.write_text(text, encoding="utf-8", errors="replace")
        os.replace(made, path)
    except OSError as error:
        with suppress(OSError):
            made.unlink()
        what = f"{shown(path)} cannot be written: {error.strerror}"
        raise NotAFile(what, "Name a file where you may write.") from error


def _resolved(target: str) -> Path:
    return Path(target).expanduser().resolve()


def beside(path: Path) -> Path:
    """A new name in the same folder, to write to before the file takes its own name."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _makers() -> dict[str, Callable[[Told], str]]:
    from promptops.cli.report.html_page import html
    from promptops.cli.report.junit import junit
    from promptops.cli.report.markdown import markdown

    return {"html": html, "junit": junit, "markdown": markdown}
