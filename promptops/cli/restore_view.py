"""What the archive gives back, as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from promptops.cli.audit_view import finding_table, remark_lines
from promptops.cli.output import table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from promptops.cli.restoration import Place
    from promptops.domain.audit import Finding, Remark

MAX_ROWS = 20
NOT_RESTORED = "Not in the archive: requests, and approvals that no release used. Ask for those again."


def compared_lines(
    findings: Sequence[Finding], remarks: Sequence[Remark], places: Sequence[Place]
) -> Iterator[RenderableType]:
    """How many rows of each kind agree; then what does not."""
    yield table(
        ("", "ROWS", "AGREE", "MISSING", "BEHIND", "DIFFERING", "NEWER THAN ARCHIVED"),
        (
            (
                place.environment or "registry",
                kind.kind,
                kind.agree,
                len(kind.missing),
                len(kind.earlier),
                len(kind.differing),
                len(kind.newer),
            )
            for place in places
            for kind in place.kinds
        ),
    )
    if findings:
        yield ""
        yield finding_table(findings)
    problems = [problem for place in places for problem in place.problems]
    yield from _named(problems)
    yield from remark_lines(remarks)
    yield NOT_RESTORED
    if not problems and not findings:
        yield "ok"


def written_lines(places: Sequence[Place]) -> Iterator[RenderableType]:
    """What was written of each kind, and what was left as it was."""
    yield table(
        ("", "TABLE", "ROWS", "WRITTEN", "BROUGHT UP", "THERE ALREADY", "NEWER", "DIFFERENT"),
        (
            (
                row["environment"] or "registry",
                row["table"],
                row["kind"],
                row["written"],
                row["brought_up"],
                row["there"],
                row["newer"],
                len(row["different"]),
            )
            for row in written_rows(places)
        ),
    )
    yield from _named([problem for place in places for problem in place.differing])
    yield NOT_RESTORED


def written_rows(places: Sequence[Place]) -> list[dict[str, Any]]:
    """The same for scripts; `brought_up` are rows that held what they had held once before."""
    wrote = not any(place.differing for place in places)
    return [
        {
            "environment": place.environment,
            "table": place.table,
            "kind": kind.kind,
            "written": len(kind.missing) if wrote else 0,
            "brought_up": len(kind.earlier) if wrote else 0,
            "there": kind.agree,
            "newer": len(kind.newer),
            "different": kind.differing,
        }
        for place in places
        for kind in place.kinds
    ]


def _named(problems: Sequence[str]) -> Iterator[RenderableType]:
    if problems:
        yield ""
        yield from problems[:MAX_ROWS]
    if len(problems) > MAX_ROWS:
        yield f"… and {len(problems) - MAX_ROWS} more; --json has all of them."
