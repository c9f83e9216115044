"""What was read of a case file, and where in it each case stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from promptops.domain.errors import InvalidDataset


@dataclass(frozen=True)
class CaseFile:
    """Cases as JSON lines. `places` says of each line where its case stands, `files` what was read for it.

    Without places the lines are the file's own.
    """

    name: str
    lines: str
    places: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @contextmanager
    def placing(self) -> Iterator[None]:
        """An error of line 3 becomes one of `cases.csv:7`, where its author finds it."""
        try:
            yield
        except InvalidDataset as error:
            line = error.data.get("line")
            if not isinstance(line, int):
                raise
            place = self.places[line - 1] if self.places else f"{self.name}:{line}"
            what = error.what.removeprefix(f"line {line}: ")
            raise InvalidDataset(f"{place}: {what}", error.fix, **error.data) from error.__cause__
