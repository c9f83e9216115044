"""An evaluation report as one page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator

from promptops.cli.report.html_cases import all_cases, failed_cases
from promptops.cli.report.html_style import CSS
from promptops.cli.report.interval import interval
from promptops.cli.report.told import Told
from promptops.domain.markup import Child, Html, raw, tag
from promptops.domain.report import Report
from promptops.domain.report_summary import (
    FloorRow,
    baseline_name,
    compared,
    cost,
    dollars,
    extent,
    flaky,
    floor_rows,
    listed,
    name_of,
    score_beside_floor,
    tokens,
    unmeasured,
    worst,
)

TONES = {"pass": "good", "fail": "bad", "inconclusive": "warn", "error": "bad"}
#: No script, image or connection, whatever a case or an answer holds.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(told: Told) -> str:
    """The document."""
    report = told.report
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{name_of(report)}: {report.verdict}"),
        tag("style", raw(CSS)),
    )
    main = tag(
        "main",
        *_heading(told),
        _tiles(report),
        _comparison(report),
        _floors(report),
        failed_cases(told),
        _unsteady(report),
        _unmeasured(report),
        all_cases(report),
        _facts(report),
    )
    return f"<!doctype html>{tag('html', head, tag('body', main), lang='en')}\n"


def _heading(told: Told) -> Iterator[Html | None]:
    report = told.report
    tone = TONES[report.verdict]
    yield tag("p", "Evaluation report", class_="eyebrow")
    yield tag(
        "div",
        tag("h1", name_of(report)),
        tag("span", report.verdict, class_=f"pill verdict {tone}"),
        class_="title",
    )
    if report.gate.reasons:
        reasons = tag("ul", [tag("li", reason) for reason in report.gate.reasons])
        yield tag("div", reasons, class_=f"why {tone}")
    if told.remarks:
        yield tag("div", [tag("p", remark) for remark in told.remarks], class_="remarks")


def _tiles(report: Report) -> Html:
    comparison, measurable = report.comparison, report.verdict != "error"
    score, needed = score_beside_floor(report)
    passed = sum(case.passed for case in report.cases)
    tiles = [
        _tile(
            score if measurable else "none",
            f"score, {needed} needed",
            "good" if measurable and report.score >= report.thresholds.min_score else "bad",
        ),
        _tile(f"{passed:,} / {len(report.cases):,}", "cases passed"),
    ]
    if comparison and not comparison.impossible_because:
        failed = len(comparison.newly_failed)
        tiles.append(_tile(f"{failed:,}", "newly failed", "bad" if failed else ""))
    spent = report.usage.cost_usd
    tiles.append(_tile("unknown" if spent is None else dollars(spent), "cost"))
    return tag("div", tiles, class_="tiles")


def _tile(value: str, label: str, tone: str = "") -> Html:
    return tag("div", tag("b", value), tag("span", label), class_=f"tile {tone}".strip())


def _comparison(report: Report) -> Html | None:
    comparison = report.comparison
    if comparison is None:
        return None
    picture = None if comparison.impossible_because else interval(comparison, report.thresholds.margin)
    new = comparison.newly_failed
    return _section(
        f"Compared with {baseline_name(report.baseline)}",
        tag("p", compared(report)),
        picture,
        tag("details", tag("summary", f"Newly failed: {len(new):,}"), _names(new)) if len(new) > 5 else None,
        tag(
            "details",
            tag("summary", f"Newly passed: {len(comparison.newly_passed):,}"),
            _names(comparison.newly_passed),
        )
        if comparison.newly_passed
        else None,
    )


def _names(names: tuple[str, ...]) -> Html:
    return tag("p", tag("code", ", ".join(names)))


def _floors(report: Report) -> Html | None:
    rows = floor_rows(report)
    if not rows:
        return None
    heads = [
        tag("th", head, scope="col", class_=kind)
        for head, kind in (("Threshold", ""), ("Measured", "number"), ("Needed", "number"), ("", ""))
    ]
    body = [
        tag(
            "tr",
            tag("td", row.name),
            tag("td", row.measured, class_="number"),
            tag("td", row.needed, class_="number"),
            tag("td", _bar(row), tag("span", row.outcome, class_=f"soft {row.outcome}")),
        )
        for row in rows
    ]
    grid = tag("table", tag("thead", tag("tr", heads)), tag("tbody", body))
    return _section("Thresholds", tag("div", grid, class_="scroll"))


def _bar(row: FloorRow) -> Html:
    fill = tag("div", class_=f"fill {row.outcome}", style=f"width:{100 * row.share:.1f}%")
    return tag("div", fill, tag("div", class_="needed", style=f"left:{100 * row.least:.1f}%"), class_="track")


def _unsteady(report: Report) -> Html | None:
    unsteady = flaky(report.cases)
    if not unsteady:
        return None
    items = [tag("li", tag("code", case.case_id), f" passed {case.pass_rate:.0%}") for case in unsteady]
    return _section(
        "Flaky cases",
        tag("p", f"They passed only some of {report.measuring.repeats} repeats.", class_="soft"),
        tag("ul", items),
    )


def _unmeasured(report: Report) -> Html | None:
    found = unmeasured(report.cases)
    if not found:
        return None
    items = [
        tag(
            "li",
            tag("code", kind.code),
            f", {kind.example}" if kind.example else "",
            f": {listed(kind.case_ids, 50)}",
        )
        for kind in found
    ]
    return _section("Not measured", tag("ul", items))


def _facts(report: Report) -> Html:
    asked, answered = tokens(report)
    binding, failed = report.binding, worst(report.cases)
    facts: list[tuple[str, Child]] = [
        ("Model", f"{binding.model_id} ({binding.model_kind})"),
        ("Measured on", extent(report)),
        ("Tokens", f"{asked:,} in, {answered:,} out"),
        ("Cost", cost(report)),
        ("Failed cases", f"{len(failed):,}"),
        ("Measured", f"{report.started_at[:19]}Z to {report.finished_at[11:19]}Z"),
        ("Content", _digest(binding.content_sha256)),
        ("Cases", _digest(binding.dataset_sha256)),
        ("Graders", _digest(binding.graders)),
        ("Evaluation", tag("code", report.evaluation_id)),
    ]
    rows = [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts if value]
    return _section("What was measured with what", tag("dl", rows))


def _digest(text: str) -> Html | None:
    return tag("code", text) if text else None


def _section(title: str, *content: Child) -> Html:
    return tag("section", tag("h2", title), *content)
