"""A preview's answers in a file, and a preview out of such a file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from promptops.cli.output import note
from promptops.cli.report.files import beside
from promptops.domain.errors import InvalidRecording, NotAFile, shown
from promptops.evaluation_ports import Provider
from promptops.models.replay import Recorder, Replay


@contextmanager
def recorded(provider: Provider, target: str) -> Iterator[Provider]:
    """The provider, its answers kept in the file; the same provider where there is none to keep them in.

    What was recorded before stays unless the run comes to its end; one that does not leaves FILE.partial.
    """
    if not target:
        yield provider
        return
    path = Path(target).expanduser().resolve()
    made, kept = beside(path), path.with_name(f"{path.name}.partial")
    try:
        with made.open("x", encoding="utf-8") as file:
            yield Recorder(provider, file)
        kept = path
    finally:
        os.replace(made, kept)
        note(f"Recorded in {kept}.")


def replay_of(source: str) -> Replay:
    """Raises NotAFile or InvalidRecording."""
    path = Path(source).expanduser()
    if not path.is_file():
        raise NotAFile(f"there is no file {shown(path)}", "Make one with --record.")
    try:
        return Replay.of(path)
    except UnicodeDecodeError as error:
        raise InvalidRecording(f"{shown(path)} is no recorded run", "Make one with --record.") from error
    except OSError as error:
        what = f"{shown(path)} cannot be read: {error.strerror}"
        raise NotAFile(what, "Name a file that you may read.") from error
