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
#: Between two columns.
GAP = 2
#: What is longer is broken where a column ends; ids are not.
LONGEST_WORD = 40


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
        console.print(fitted(line, console.width))
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


def fitted(line: RenderableType, width: int) -> RenderableType:
    """A table whose columns break no word; where there is no room for that, a block of lines for each row."""
    from rich.table import Table

    if not isinstance(line, Table) or not line.show_header or not line.row_count:
        return line
    heads = [str(column.header) for column in line.columns]
    columns = [[str(cell) for cell in column.cells] for column in line.columns]
    widths = _widths([[head, *cells] for head, cells in zip(heads, columns, strict=True)], width)
    if widths is None:
        rows = zip(*columns, strict=True)
        blocks = ([*filter(_says, zip(heads, row, strict=True)), ("", "")] for row in rows)
        return table(("", ""), [pair for block in blocks for pair in block][:-1])
    for column, size in zip(line.columns, widths, strict=True):
        column.width = size
    return line


def _says(pair: tuple[str, str]) -> bool:
    return bool(pair[1])


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """A width for each column's texts, those that want little first; None if a word has to be broken."""
    longest = [max(map(len, texts)) for texts in columns]
    widths = [
        max(min(len(word), LONGEST_WORD) for text in texts for word in (text.split() or [""]))
        for texts in columns
    ]
    spare = room - sum(widths) - GAP * (len(columns) - 1)
    if spare < 0:
        return None
    for place in sorted(range(len(columns)), key=lambda place: longest[place] - widths[place]):
        more = min(longest[place] - widths[place], spare)
        widths[place] += more
        spare -= more
    return widths


def moment(timestamp: str) -> str:
    """An ISO timestamp as people write it, to the second: `2026-03-01 10:42:07Z`."""
    return f"{timestamp[:10]} {timestamp[11:19]}Z" if len(timestamp) >= 19 else timestamp


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
