"""What the evaluation measured, for somebody who must rely on it."""

from __future__ import annotations

from collections.abc import Sequence

from lambdas.approve.page.layout import banner, card, definitions
from lambdas.approve.page.moments import moment
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation_history import EvaluationHistory, outcome
from promptops.domain.markup import Child, Html, tag
from promptops.domain.report import Report
from promptops.domain.report_summary import (
    NAMED,
    FloorRow,
    compared,
    cost,
    extent,
    flaky,
    floor_rows,
    listed,
    rounded,
    score_beside_floor,
    worst,
)
from promptops.stages.background import Background

_SHOWN_FAILURES = 50
_NAMED = 20
_TONES = {"held": "good", "missed": "bad", "uncertain": "warn"}


def evidence(report: Report | None, report_sha256: str, behind: Background) -> Html:
    """The card with verdict, comparison, floors and failures of the report this approval is bound to."""
    if report is None:
        text = "This version was evaluated again after approval was asked for."
        return card(
            "Evaluation",
            tag("p", text),
            _softer(behind),
            _earlier(behind.history, ""),
            _digest(report_sha256),
            name="evaluation",
        )
    new = report.comparison.newly_failed if report.comparison else ()
    failed = worst(report.cases, new)
    return card(
        "Evaluation",
        tag("div", *_scores(report, len(failed)), class_="scores"),
        _stand_in(report),
        _doubts(report),
        _softer(behind),
        _earlier(behind.history, behind.report_key),
        tag("p", _comparison(report)),
        _newly_failed(new),
        _floors(floor_rows(report)[1:]),
        _failures(failed, new) if failed else tag("p", "Every case that was measured passed."),
        definitions(
            ("Verdict", report.verdict),
            ("Measured on", extent(report)),
            ("Cost", cost(report)),
            _flaky(report),
            ("Attempt", behind.history.title(behind.report_key)) if behind.history.total else None,
            ("Model", f"{report.binding.model_id} ({report.binding.model_kind})"),
            ("Measured", moment(report.finished_at)),
        ),
        _digest(report_sha256),
        name="evaluation",
    )


def _scores(report: Report, failed: int) -> list[Html]:
    critical = len(report.failed_critical)
    score, needed = score_beside_floor(report)
    tiles = [
        _score(
            score,
            f"score, {needed} needed",
            "good" if report.score >= report.thresholds.min_score else "bad",
        ),
        _score(f"{len(report.cases):,}", f"cases, {report.thresholds.min_cases} needed"),
        _score(f"{failed:,}", "cases failed", "bad" if failed else ""),
        _score(f"{critical:,}", "critical failures", "bad" if critical else ""),
    ]
    if report.comparison and not report.comparison.impossible_because:
        new = len(report.comparison.newly_failed)
        tiles.append(_score(f"{new:,}", "newly failed", "bad" if new else ""))
    return tiles


def _score(value: str, label: str, tone: str = "") -> Html:
    return tag("div", tag("b", value), tag("span", label), class_=f"score {tone}".strip())


def _stand_in(report: Report) -> Html | None:
    if report.binding.model_kind != "standin":
        return None
    text = "These numbers come from a stand-in model. They count on a local installation only."
    return banner("Not a real model", tag("p", text))


def _doubts(report: Report) -> Html | None:
    """Why the verdict is no plain pass."""
    if report.verdict == "pass":
        return None
    reasons = tag("ul", [tag("li", reason) for reason in report.gate.reasons], class_="plain-list")
    return banner(f"The evaluation's verdict is {report.verdict}", reasons)


def _softer(behind: Background) -> Html | None:
    """Less, or something else, asked of this version than of the live one."""
    found = [*([f"Other cases than live: {behind.other_cases}"] if behind.other_cases else [])]
    found += behind.softened
    if not found:
        return None
    return banner(
        "Not measured as the live version was",
        tag("ul", [tag("li", what) for what in found], class_="plain-list"),
    )


def _earlier(history: EvaluationHistory, key: str) -> Html | None:
    """Every other evaluation of this version: who measures until it passes is seen to."""
    if history.total < 2:
        return None
    others = [
        tag("li", tag("b", outcome(past)), ", ", moment(past.finished_at)) for past in history.others(key)
    ]
    more = tag("li", f"and {history.unread:,} older") if history.unread else None
    title = history.title(key) if key else f"{history.total:,} evaluations of this version"
    return banner(
        f"{title[0].upper()}{title[1:]}",
        tag("p", "Each asks the models anew, and the newest counts. The others:" if key else "All of them:"),
        tag("ul", others, more, class_="plain-list"),
    )


def _comparison(report: Report) -> str:
    return compared(report) or "Compared with no other version: none was live."


def _newly_failed(names: Sequence[str]) -> Html | None:
    if len(names) <= NAMED:
        return None
    return tag("p", tag("b", "Newly failed: "), tag("code", listed(names, _NAMED)))


def _floors(rows: Sequence[FloorRow]) -> Html | None:
    if not rows:
        return None
    heads = [tag("th", head, scope="col") for head in ("Threshold", "Measured", "Needed", "")]
    body = [
        tag(
            "tr",
            tag("th", row.name, scope="row"),
            tag("td", row.measured, data_label="measured"),
            tag("td", row.needed, data_label="needed"),
            tag("td", tag("span", row.outcome, class_=f"pill {_TONES[row.outcome]}")),
        )
        for row in rows
    ]
    return tag("table", tag("thead", tag("tr", heads)), tag("tbody", body))


def _failures(failed: Sequence[CaseResult], new: Sequence[str]) -> Html:
    shown = [_failure(case, case.case_id in new) for case in failed[:_SHOWN_FAILURES]]
    more = len(failed) - len(shown)
    return tag(
        "details",
        tag("summary", f"Failed cases: {len(failed):,}"),
        tag(
            "ul", shown, tag("li", f"and {more:,} more in the report") if more else None, class_="plain-list"
        ),
        open=True,
    )


def _failure(case: CaseResult, is_new: bool) -> Html:
    reasons: Child = f": {'; '.join(case.reasons)}" if case.reasons else ""
    pills = [
        *([tag("span", "critical", class_="pill bad"), " "] if case.critical else []),
        *([tag("span", "newly failed", class_="pill warn"), " "] if is_new else []),
    ]
    return tag("li", tag("code", case.case_id), " ", pills, f"scored {rounded(case.score)}", reasons)


def _flaky(report: Report) -> tuple[str, str] | None:
    unsteady = [f"{case.case_id} ({case.pass_rate:.0%})" for case in flaky(report.cases)]
    return ("Flaky cases", listed(unsteady, NAMED)) if unsteady else None


def _digest(report_sha256: str) -> Html:
    return definitions(("Report", tag("code", f"sha256:{report_sha256}")), columns="one")
