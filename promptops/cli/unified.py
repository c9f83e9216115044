"""A changed message as a unified diff, hidden characters spelled out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.domain.changes import Line, MessageChange, Segment
from promptops.domain.visible import visible

CONTEXT_LINES = 3
Row = tuple[str, str]


def unified(change: MessageChange, context_lines: int = CONTEXT_LINES) -> Iterator[str]:
    """The lines of a diff, headed `@@ -first,count +first,count @@`; none where nothing changed."""
    rows = list(_rows(change.lines))
    for first, last in _hunks(rows, context_lines):
        before = 1 + sum(sign != "+" for sign, _ in rows[:first])
        after = 1 + sum(sign != "-" for sign, _ in rows[:first])
        hunk = rows[first:last]
        removed, added = (sum(sign != other for sign, _ in hunk) for other in "+-")
        # A side without lines is named by the line before it.
        yield f"@@ -{before - (not removed)},{removed} +{after - (not added)},{added} @@"
        yield from (f"{sign}{visible(text)}" for sign, text in hunk)


def _rows(lines: Sequence[Line]) -> Iterator[Row]:
    """Signed lines; of neighbours that changed, all old ones come before all new ones."""
    removed: list[Row] = []
    added: list[Row] = []
    for line in lines:
        if line.kind == "same":
            yield from (*removed, *added)
            removed, added = [], []
            yield " ", _text(line.after)
            continue
        removed += [("-", _text(line.before))] if line.kind in ("changed", "removed") else []
        added += [("+", _text(line.after))] if line.kind in ("changed", "added") else []
    yield from (*removed, *added)


def _hunks(rows: Sequence[Row], context_lines: int) -> Iterator[tuple[int, int]]:
    """First and end of each stretch of changes with its context; those that touch are one."""
    changed = [number for number, (sign, _) in enumerate(rows) if sign != " "]
    first = end = -1
    for number in changed:
        begin = max(number - context_lines, 0)
        if first >= 0 and begin > end:
            yield first, end
            first = -1
        first = begin if first < 0 else first
        end = min(number + context_lines + 1, len(rows))
    if first >= 0:
        yield first, end


def _text(segments: Sequence[Segment]) -> str:
    return "".join(segment.text for segment in segments)
