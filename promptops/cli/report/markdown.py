"""An evaluation report as a comment on a pull request: short, and safe to paste."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from promptops.cli.report.told import WORST, Told
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.report import Report
from promptops.domain.report_summary import (
    Unmeasured,
    compared,
    cost,
    extent,
    flaky,
    floor_rows,
    name_of,
    passed_of,
    rounded,
    tokens,
    unmeasured,
    worst,
)
from promptops.domain.visible import one_line

#: GitHub takes comments up to 65,536 characters; every part below is bounded so that the sum stays far under.
MAX_CHARS = 60_000
_SIGNS = {"pass": "✅", "fail": "❌", "inconclusive": "⚠️", "error": "💥"}
#: With a blank behind it `<` begins no tag.
_HARMLESS = re.compile(r"(?:[\w\s.,;:%$=+()'-]|<(?= ))*", re.ASCII)
_NAMED, _FLOORS, _REASONS, _REASON_CHARS = 30, 40, 10, 300


def markdown(told: Told) -> str:
    """The comment; its first line names the prompt, so that a pipeline finds the comment to replace."""
    report = told.report
    lines = [
        f"<!-- promptops evaluate {report.prompt_id} -->",
        f"### {_SIGNS[report.verdict]} {code(name_of(report))}: {report.verdict}",
        "",
        *_reasons(report.gate.reasons),
        "",
        *_thresholds(report),
        *_comparison(report),
        *_worst(report),
        *_list("Flaky", [f"{case.case_id} ({case.pass_rate:.0%})" for case in flaky(report.cases)]),
        *(line for kind in unmeasured(report.cases)[:_REASONS] for line in _unmeasured(kind)),
        _small_print(told),
    ]
    text = "\n".join(lines) + "\n"
    return text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}\n\n(cut short)\n"


def code(text: str) -> str:
    """The text as a code span: nothing in it links, mentions somebody or loads an image."""
    plain = one_line(text)[:_REASON_CHARS].strip() or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", plain)), default=0))
    padding = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{padding}{plain}{padding}{fence}"


def prose(text: str) -> str:
    """A sentence as it is, or as a code span if any of it could mean something to Markdown."""
    return text if _HARMLESS.fullmatch(text) else code(text)


def _reasons(reasons: Sequence[str]) -> Iterator[str]:
    yield from (f"- {prose(reason)}" for reason in reasons[:_REASONS])
    if len(reasons) > _REASONS:
        yield f"- and {len(reasons) - _REASONS:,} more"


def _thresholds(report: Report) -> Iterator[str]:
    rows = floor_rows(report)
    if rows:
        yield "| Threshold | Measured | Needed | |"
        yield "|---|--:|--:|---|"
    shown = [*rows[:1], *sorted(rows[1:], key=lambda row: row.outcome == "held")][:_FLOORS]
    for row in shown:
        name = code(row.name).replace("|", "\\|")
        outcome = row.outcome if row.outcome == "held" else f"**{row.outcome}**"
        yield f"| {name} | {row.measured} | {row.needed} | {outcome} |"
    yield ""
    yield f"{passed_of(report)}; measured on {extent(report)}."
    yield ""


def _comparison(report: Report) -> Iterator[str]:
    if report.comparison is None:
        return
    yield prose(compared(report))
    yield ""
    yield from _list("Newly failed", report.comparison.newly_failed)


def _list(title: str, names: Sequence[str]) -> Iterator[str]:
    if not names:
        return
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    yield f"{title}: {', '.join(code(name) for name in names[:_NAMED])}{more}"
    yield ""


def _unmeasured(kind: Unmeasured) -> Iterator[str]:
    why = f" ({code(kind.example)})" if kind.example else ""
    yield from _list(f"Not measured, {kind.code}{why}", kind.case_ids)


def _worst(report: Report) -> Iterator[str]:
    failed = worst(report.cases, report.comparison.newly_failed if report.comparison else ())
    if not failed:
        return
    shown = "the worst first" if len(failed) <= WORST else f"the {WORST} worst"
    plural = "" if len(failed) == 1 else "s"
    yield f"<details><summary>{len(failed):,} failed case{plural}, {shown}</summary>"
    yield ""
    yield from (_case(case) for case in failed[:WORST])
    yield ""
    yield "</details>"
    yield ""


def _case(case: CaseResult) -> str:
    critical = " (critical)" if case.critical else ""
    reasons = "; ".join(code(reason) for reason in case.reasons[:_REASONS])
    return f"- {code(case.case_id)}{critical} scored {rounded(case.score)}{': ' if reasons else ''}{reasons}"


def _small_print(told: Told) -> str:
    report = told.report
    asked, answered = tokens(report)
    model = f"{code(report.binding.model_id)} ({report.binding.model_kind})"
    remarks = " ".join(prose(remark) for remark in told.remarks)
    return f"{model}: {asked:,} tokens in, {answered:,} out, {prose(cost(report))}. {remarks}".rstrip()
