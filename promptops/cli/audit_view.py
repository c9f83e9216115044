"""What an audit found, as people and scripts read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from promptops.cli.output import table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from promptops.domain.audit import Finding, Remark
    from promptops.stages.audit import Audited

MAX_REMARKS = 20


def audit_document(prompt_id: str, environment: str, audited: Sequence[Audited]) -> dict[str, object]:
    """What was asked for, whether all is well, and everything found: the registry first."""
    registry, *environments = audited
    return {
        "ok": not any(part.findings for part in audited),
        "prompt_id": prompt_id,
        "environment": environment,
        "registry": {"versions": registry.rows, **_part(registry)},
        "environments": [
            {"environment": part.environment, "releases": part.rows, **_part(part)} for part in environments
        ],
    }


def audit_lines(audited: Sequence[Audited]) -> Iterator[RenderableType]:
    """What was checked, what is wrong with it, what else is worth knowing."""
    yield table(
        ("", "PROMPTS", "CHECKED", "FINDINGS", "REMARKS"),
        (
            (
                part.environment or "registry",
                part.prompts,
                f"{part.rows} {'releases' if part.environment else 'versions'}",
                len(part.findings),
                len(part.remarks),
            )
            for part in audited
        ),
    )
    found = [finding for part in audited for finding in part.findings]
    if found:
        yield ""
        yield finding_table(found)
    yield from remark_lines([remark for part in audited for remark in part.remarks])
    if not found:
        yield "ok"


def remark_lines(remarks: Sequence[Remark]) -> Iterator[RenderableType]:
    """The first of them, below an empty line."""
    if remarks:
        yield ""
    for remark in remarks[:MAX_REMARKS]:
        place = " ".join(word for word in (remark.environment or "registry", remark.prompt_id) if word)
        yield f"{place}: {remark.text}"
    if len(remarks) > MAX_REMARKS:
        yield f"… and {len(remarks) - MAX_REMARKS} more; --json has all of them."


def finding_table(found: Sequence[Finding]) -> Table:
    """A line a finding."""
    return table(
        ("WHERE", "PROMPT", "ROW", "HAS", "SHOULD HAVE"),
        ((one.environment or "registry", one.prompt_id, one.row, one.holds, one.should) for one in found),
    )


def _part(part: Audited) -> dict[str, object]:
    return {
        "prompts": part.prompts,
        "findings": [finding.to_dict() for finding in part.findings],
        "remarks": [remark.to_dict() for remark in part.remarks],
    }
