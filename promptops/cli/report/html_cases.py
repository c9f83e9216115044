"""The cases of a report on its page: those that failed in full, all of them as folded tables."""

from __future__ import annotations

from collections.abc import Sequence

from promptops.cli.report.told import Told
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.markup import Html, tag
from promptops.domain.report import Report
from promptops.domain.report_summary import dollars, rounded, worst

SHOWN = 200
#: Rows a folded table holds: a browser lays out none of them before it is opened.
ROWS = 500
ANSWER_CHARS = 4_000
_HEADS = (("Case", ""), ("Score", "number"), ("Live", "number"), ("Tokens", "number"), ("Cost", "number"))


def failed_cases(told: Told) -> Html | None:
    """The worst first, each with its reasons and, in a preview, with what the model said."""
    report = told.report
    new = report.comparison.newly_failed if report.comparison else ()
    failed = worst(report.cases, new)
    if not failed:
        return None
    items = [_failed(case, case.case_id in new, told.answers.get(case.case_id)) for case in failed[:SHOWN]]
    more = len(failed) - SHOWN
    rest = tag("p", f"{more:,} more failed; the tables below have them.", class_="soft") if more > 0 else None
    title = f"Failed cases, {'the worst first' if len(failed) > 1 else 'only one'}"
    return tag("section", tag("h2", title), tag("ul", items, class_="failed"), rest)


def all_cases(report: Report) -> Html:
    """Every case that was measured, in the order of the dataset's plan."""
    groups = [report.cases[first : first + ROWS] for first in range(0, len(report.cases), ROWS)]
    tables = [
        tag(
            "details",
            tag("summary", _range(number * ROWS, group)),
            tag("div", _table(group), class_="scroll"),
        )
        for number, group in enumerate(groups)
    ]
    return tag("section", tag("h2", f"All cases: {len(report.cases):,}"), tables)


def _failed(case: CaseResult, is_new: bool, answer: str | None) -> Html:
    pills = [
        tag("span", "critical", class_="pill bad") if case.critical else None,
        tag("span", "newly failed", class_="pill warn") if is_new else None,
    ]
    score = tag("span", f"scored {rounded(case.score)}", class_="soft")
    return tag(
        "li",
        tag("div", tag("b", tag("code", case.case_id)), pills, score, class_="name"),
        tag("ul", [tag("li", reason) for reason in case.reasons]) if case.reasons else None,
        None if answer is None else _answer(answer),
    )


def _answer(answer: str) -> Html:
    cut = f"\n… {len(answer) - ANSWER_CHARS:,} more characters" if len(answer) > ANSWER_CHARS else ""
    return tag("details", tag("summary", "The answer"), tag("pre", answer[:ANSWER_CHARS] + cut))


def _range(first: int, group: Sequence[CaseResult]) -> str:
    failed = sum(not case.passed for case in group)
    return f"{first + 1:,} to {first + len(group):,}: {failed:,} not passed"


def _table(cases: Sequence[CaseResult]) -> Html:
    heads = [tag("th", head, scope="col", class_=kind) for head, kind in _HEADS]
    return tag("table", tag("thead", tag("tr", heads)), tag("tbody", [_row(case) for case in cases]))


def _row(case: CaseResult) -> Html:
    live = "" if case.live_score is None else rounded(case.live_score)
    outcome = case.error or ("passed" if case.passed else "failed")
    tags = f" {', '.join(case.tags)}" if case.tags else ""
    return tag(
        "tr",
        tag(
            "td",
            tag("code", case.case_id),
            " ",
            tag("span", outcome, class_="soft yes" if case.passed else "soft no"),
            tag("span", tags, class_="soft"),
            class_="case",
        ),
        tag("td", rounded(case.score), class_="number"),
        tag("td", live, class_="number"),
        tag("td", f"{case.input_tokens + case.output_tokens:,}", class_="number"),
        tag("td", "" if case.cost_usd is None else dollars(case.cost_usd), class_="number"),
    )
