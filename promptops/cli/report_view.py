"""An evaluation report as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from promptops.cli.output import table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from promptops.domain.report import Report


def report_lines(report: Report) -> Iterator[RenderableType]:
    """The verdict, then the cases that did not pass."""
    passed = sum(case.passed for case in report.cases)
    tokens = sum(case.input_tokens + case.output_tokens for case in report.cases)
    name = f"{report.prompt_id}@v{report.version}" if report.version else report.prompt_id
    yield (
        f"{name}: {report.verdict}, score {report.score:.2f} (threshold {report.thresholds.min_score:.2f}), "
        f"{passed} of {len(report.cases)} cases passed"
    )
    yield f"{report.binding.model_id} ({report.binding.model_kind}), {tokens} tokens"
    failed = [case for case in report.cases if not case.passed]
    if failed:
        yield ""
        yield table(
            ("CASE", "SCORE", "CRITICAL", "WHY"),
            (
                (case.case_id, f"{case.score:.2f}", "yes" if case.critical else "", "; ".join(case.reasons))
                for case in failed
            ),
        )
