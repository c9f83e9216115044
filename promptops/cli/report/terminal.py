"""An evaluation report in a terminal: the verdict and why, then what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from promptops.cli.output import table
from promptops.cli.report.told import WORST, Told
from promptops.domain.report_summary import (
    compared,
    cost,
    extent,
    flaky,
    floor_rows,
    headline,
    listed,
    passed_of,
    rounded,
    tokens,
    unmeasured,
    worst,
)
from promptops.domain.visible import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType

    from promptops.domain.evaluation.case_result import CaseResult
    from promptops.domain.report import Report

_NAMED = 5


def report_lines(told: Told) -> Iterator[RenderableType]:
    """The verdict with its reasons, the comparison, the floors, the worst cases, the cost, the remarks."""
    report = told.report
    yield headline(report)
    yield from (f"  {reason}" for reason in report.gate.reasons)
    yield ""
    yield f"{passed_of(report)}; measured on {extent(report)}."
    if sentence := compared(report):
        yield sentence
    yield from _floors(report)
    yield from _worst(report)
    yield from _flaky(report)
    yield from _unmeasured(report)
    yield ""
    asked, answered = tokens(report)
    kind = f"{report.binding.model_id} ({report.binding.model_kind})"
    yield f"{kind}: {asked:,} tokens in, {answered:,} out, {cost(report)}."
    yield from map(one_line, told.remarks)


def _floors(report: Report) -> Iterator[RenderableType]:
    rows = floor_rows(report)
    # The reasons of a pass are that each of them is held.
    if len(rows) < 2 or report.verdict == "pass":
        return
    yield ""
    yield table(
        ("THRESHOLD", "MEASURED", "NEEDED", ""),
        ((row.name, row.measured, row.needed, row.outcome) for row in rows),
    )


def _worst(report: Report) -> Iterator[RenderableType]:
    new = report.comparison.newly_failed if report.comparison else ()
    failed = worst(report.cases, new)
    if not failed:
        return
    yield ""
    yield table(
        ("CASE", "SCORE", "", "WHY"),
        ((case.case_id, rounded(case.score), _marks(case, new), _why(case)) for case in failed[:WORST]),
    )
    if len(failed) > WORST:
        more = len(failed) - WORST
        yield f"{more:,} more case{'' if more == 1 else 's'} failed; --html FILE shows all."


def _marks(case: CaseResult, newly_failed: tuple[str, ...]) -> str:
    marks = (("critical", case.critical), ("new", case.case_id in newly_failed))
    return ", ".join(name for name, holds in marks if holds)


def _why(case: CaseResult) -> str:
    return one_line("; ".join(case.reasons))


def _flaky(report: Report) -> Iterator[str]:
    unsteady = [f"{case.case_id} ({case.pass_rate:.0%})" for case in flaky(report.cases)]
    if unsteady:
        yield ""
        yield f"Passed only some of {report.measuring.repeats} repeats: {listed(unsteady, _NAMED)}."


def _unmeasured(report: Report) -> Iterator[str]:
    found = unmeasured(report.cases)
    if found:
        yield ""
    for kind in found:
        why = f"{kind.code}, {one_line(kind.example)}" if kind.example else kind.code
        yield f"{len(kind.case_ids):,} of {len(report.cases):,} cases could not be measured: {why}."
        yield f"  {listed(kind.case_ids, _NAMED)}"
