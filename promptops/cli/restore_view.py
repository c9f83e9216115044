"""What the archive gives back, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from promptops.cli.audit_view import finding_table
from promptops.cli.output import table

if TYPE_CHECKING:
    from collections import Counter

    from rich.console import RenderableType

    from promptops.cli.restoration import Place
    from promptops.domain.restored import Restored

MAX_ROWS = 20
NOT_RESTORED = "Not in the archive: requests, and approvals that no release used. Ask for those again."


def compared_lines(found: Restored, places: Sequence[Place]) -> Iterator[RenderableType]:
    """How many rows of each kind agree; then what does not."""
    yield table(
        ("", "ROWS", "AGREE", "MISSING", "DIFFERING", "NEWER THAN ARCHIVED"),
        (
            (
                place.environment or "registry",
                kind.kind,
                kind.agree,
                len(kind.missing),
                len(kind.differing),
                len(kind.newer),
            )
            for place in places
            for kind in place.kinds
        ),
    )
    if found.findings:
        yield ""
        yield finding_table(found.findings)
    problems = [problem for place in places for problem in place.problems]
    if problems:
        yield ""
        yield from problems[:MAX_ROWS]
    if len(problems) > MAX_ROWS:
        yield f"… and {len(problems) - MAX_ROWS} more; --json has all of them."
    yield NOT_RESTORED
    if not problems and not found.findings:
        yield "ok"


def written_lines(done: Mapping[str, tuple[str, Counter[str]]]) -> Iterator[RenderableType]:
    yield table(
        ("", "TABLE", "ROWS", "WRITTEN"),
        (
            (environment or "registry", name, kind, count)
            for environment, (name, rows) in done.items()
            for kind, count in rows.items()
        ),
    )
    yield NOT_RESTORED
