"""An evaluation report as JUnit XML, which GitHub, GitLab and Jenkins show beside the other tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from promptops.cli.report.told import Told
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.report import Report
from promptops.domain.report_summary import (
    compared,
    cost,
    extent,
    headline,
    name_of,
    rounded,
    score_beside_floor,
    tokens,
)
from promptops.domain.visible import visible

#: The test case that stands for the verdict itself: a version may fail although each of its cases passes.
VERDICT = "verdict"


def junit(told: Told) -> str:
    """The document: one suite a prompt, in it the verdict and one test case for each case."""
    report = told.report
    cases = [_case(report, case) for case in report.cases]
    found = [_verdict(report), *cases]
    counts = {
        "tests": str(len(found)),
        "failures": str(sum(item.find("failure") is not None for item in found)),
        "errors": str(sum(item.find("error") is not None for item in found)),
        "time": _seconds(_duration_ms(report)),
    }
    root = Element("testsuites", {"name": "promptops", **counts})
    suite = SubElement(
        root,
        "testsuite",
        {"name": name_of(report), **counts, "skipped": "0", "timestamp": report.started_at[:19]},
    )
    properties = SubElement(suite, "properties")
    for name, value in _properties(told):
        SubElement(properties, "property", {"name": name, "value": visible(value)})
    suite.extend(found)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _verdict(report: Report) -> Element:
    element = Element(
        "testcase", {"classname": report.prompt_id, "name": VERDICT, "time": _seconds(_duration_ms(report))}
    )
    if report.verdict != "pass":
        kind = "error" if report.verdict == "error" else "failure"
        _problem(element, kind, report.verdict, headline(report), report.gate.reasons)
    return element


def _case(report: Report, case: CaseResult) -> Element:
    element = Element(
        "testcase",
        {"classname": f"{report.prompt_id}.cases", "name": case.case_id, "time": _seconds(case.latency_ms)},
    )
    if case.error:
        _problem(element, "error", case.error, "could not be measured", case.reasons)
    elif not case.passed:
        kind = "critical" if case.critical else "case"
        _problem(element, "failure", kind, f"scored {rounded(case.score)}", case.reasons)
    return element


def _problem(element: Element, tag: str, kind: str, message: str, reasons: tuple[str, ...]) -> None:
    problem = SubElement(element, tag, {"type": kind, "message": visible(message)})
    problem.text = "\n".join(visible(reason) for reason in reasons) or visible(message)


def _properties(told: Told) -> Iterator[tuple[str, str]]:
    report = told.report
    asked, answered = tokens(report)
    yield "verdict", report.verdict
    if report.verdict != "error":
        yield from zip(("score", "threshold"), score_beside_floor(report), strict=True)
    yield "measured", extent(report)
    yield "model", f"{report.binding.model_id} ({report.binding.model_kind})"
    yield "input_tokens", str(asked)
    yield "output_tokens", str(answered)
    yield "cost", cost(report)
    if sentence := compared(report):
        yield "comparison", sentence
    for remark in told.remarks:
        yield "remark", remark


def _duration_ms(report: Report) -> float:
    start, end = (datetime.fromisoformat(moment) for moment in (report.started_at, report.finished_at))
    return (end - start).total_seconds() * 1000


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.3f}"
