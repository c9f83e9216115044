"""What the bench has measured: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """`ratio` is the value's share of the limit of its group, in the same run; `goal` what it must reach."""

    group: str
    name: str
    value: float
    unit: str
    ratio: float
    goal: float | None = None

    @property
    def missed(self) -> bool:
        return self.goal is not None and self.ratio < self.goal


def table(rows: Sequence[Row]) -> str:
    """One line a row, the groups apart."""
    width = max(len(row.name) for row in rows)
    lines: list[str] = []
    for before, row in zip([None, *rows], rows, strict=False):
        if before is None or before.group != row.group:
            lines += ["", row.group]
        goal = "" if row.goal is None else f"   goal {row.goal:.2f} {'missed' if row.missed else 'met'}"
        value = f"{row.value:,.2f}" if row.value < 10 else f"{row.value:,.0f}"
        lines.append(f"  {row.name:<{width}}  {value:>9} {row.unit:<12} {row.ratio:6.2f}{goal}")
    return "\n".join(lines[1:])


def write(rows: Sequence[Row], path: Path) -> None:
    """A JSON list of {group, name, value, unit, ratio}."""
    path.parent.mkdir(exist_ok=True)
    names = ("group", "name", "value", "unit", "ratio")
    documents = [{name: getattr(row, name) for name in names} for row in rows]
    path.write_text(json.dumps(documents, indent=2) + "\n")
