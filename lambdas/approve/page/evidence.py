"""What the evaluation measured, for somebody who must rely on it."""

from __future__ import annotations

import math

from lambdas.approve.page.layout import banner, card, definitions
from lambdas.approve.page.markup import Child, Html, tag
from lambdas.approve.page.moments import moment
from promptops.domain.report import CaseResult, Report

_SHOWN_FAILURES = 50


def evidence(report: Report | None, report_sha256: str) -> Html:
    """The card with score, failures and digest of the report this approval is bound to."""
    if report is None:
        text = "This version was evaluated again after approval was asked for."
        return card("Evaluation", tag("p", text), _digest(report_sha256), name="evaluation")
    failed = [case for case in report.cases if not case.passed]
    return card(
        "Evaluation",
        tag("div", *_scores(report, len(failed)), class_="scores"),
        _stand_in(report),
        _failures(failed) if failed else tag("p", "Every case passed."),
        _digest(report_sha256),
        definitions(
            ("Model", f"{report.binding.model_id} ({report.binding.model_kind})"),
            ("Measured", moment(report.finished_at)),
        ),
        name="evaluation",
    )


def _scores(report: Report, failed: int) -> list[Html]:
    critical = len(report.failed_critical)
    # Rounded down: 0.7999 must not look like the 0.8 it missed.
    score = math.floor(report.score * 1000) / 1000
    needed = report.thresholds.min_score
    return [
        _score(f"{score:.3f}", f"score, {needed:g} needed", "good" if report.score >= needed else "bad"),
        _score(str(len(report.cases)), f"cases, {report.thresholds.min_cases} needed"),
        _score(str(failed), "cases failed", "bad" if failed else ""),
        _score(str(critical), "critical failures", "bad" if critical else ""),
    ]


def _score(value: str, label: str, tone: str = "") -> Html:
    return tag("div", tag("b", value), tag("span", label), class_=f"score {tone}".strip())


def _stand_in(report: Report) -> Html | None:
    if report.binding.model_kind == "bedrock":
        return None
    text = "These numbers come from a stand-in model. They count on a local installation only."
    return banner("Not a real model", tag("p", text))


def _failures(failed: list[CaseResult]) -> Html:
    shown = [_failure(case) for case in sorted(failed, key=lambda case: not case.critical)[:_SHOWN_FAILURES]]
    more = len(failed) - len(shown)
    return tag(
        "details",
        tag("summary", f"Failed cases: {len(failed)}"),
        tag("ul", shown, tag("li", f"and {more} more in the report") if more else None, class_="plain-list"),
        open=True,
    )


def _failure(case: CaseResult) -> Html:
    reasons: Child = f": {'; '.join(case.reasons)}" if case.reasons else ""
    pill = tag("span", "critical", class_="pill bad") if case.critical else None
    return tag("li", tag("code", case.case_id), " ", pill, f" scored {case.score:.2f}", reasons)


def _digest(report_sha256: str) -> Html:
    return definitions(("Report", tag("code", f"sha256:{report_sha256}")), columns="one")
