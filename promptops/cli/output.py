"""What people and scripts see: answers on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

WIDTH_IN_FILES = 200


def answer(document: Mapping[str, object], *lines: RenderableType, as_json: bool) -> None:
    """The command's one answer: the document for scripts, or the lines for people."""
    if as_json:
        print(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))
        return
    console = console_of(sys.stdout)
    for line in lines:
        show(console, line)


def note(text: str) -> None:
    """A remark beside the answer: progress, a warning, the next command."""
    show(console_of(sys.stderr), text)


def show(console: Console, line: RenderableType) -> None:
    """Print a text unbroken, and anything else without the blanks that fill its last column."""
    if isinstance(line, str):
        console.print(line, soft_wrap=True)
        return
    with console.capture() as captured:
        console.print(line)
    for row in captured.get().splitlines():
        console.file.write(f"{row.rstrip()}\n")


def console_of(stream: IO[str]) -> Console:
    """A console that shows text as it is; colours only on a terminal and without NO_COLOR."""
    from rich.console import Console

    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_IN_FILES
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Columns under their heads, if they have any, without lines: it reads well in logs too."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, header_style="bold", show_header=any(heads))
    for head in heads:
        made.add_column(head, overflow="fold")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    return made


def moment(timestamp: str) -> str:
    """An ISO timestamp as people write it, to the second: `2026-03-01 10:42:07Z`."""
    return f"{timestamp[:10]} {timestamp[11:19]}Z" if len(timestamp) >= 19 else timestamp


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
