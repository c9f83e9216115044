"""A report in the terminal, as a page, as JUnit and as a comment: what is in it, and what never is."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from promptops.cli.output import console_of, show
from promptops.cli.report.html_page import html
from promptops.cli.report.junit import junit
from promptops.cli.report.markdown import MAX_CHARS, code, markdown, prose
from promptops.cli.report.terminal import report_lines
from promptops.cli.report.told import Told
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.policy import Thresholds
from promptops.domain.report import Report
from tests.unit.cli.reports import a_case, a_report, worse_than_live

HOSTILE = "</td><script>alert(1)</script> & \x00\x1b[31m \ud800 ]]> | `x` @team https://evil.example ![i](u)"


def hostile() -> Report:
    return a_report(a_case("late-order", passed=False, reasons=(HOSTILE,)), a_case("fine"))


def in_terminal(told: Told, capsys: pytest.CaptureFixture[str]) -> str:
    import sys

    for line in report_lines(told):
        show(console_of(sys.stdout), line)
    return capsys.readouterr().out


class Elements(HTMLParser):
    """The names of all elements and attributes."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_terminal_says_the_verdict_and_why_before_anything_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = in_terminal(Told(worse_than_live(), ("No evidence.",)), capsys)

    first, *reasons = text.partition("\n\n")[0].splitlines()
    assert first == "support-ticket@v3: fail, score 0.96 (0.80 needed)"
    assert reasons[0] == "  critical case late-order passes live and fails here"
    for part in (
        "19 of 20 cases passed; measured on all 20 cases, each asked 3 times.",
        "Worse by 0.038 than v2 (live in prod)",
        "metric format  0.97      0.99    missed",
        "critical, new",
        "icontains: lacks 'refund'",
        "$0.15 (prices as of 2026-02-01; verify on the provider's page)",
        "No evidence.",
    ):
        assert part in text, part


@pytest.mark.parametrize(("failed", "more"), [(13, "3 more cases"), (11, "1 more case")])
def test_the_terminal_stops_after_ten_failed_cases(
    capsys: pytest.CaptureFixture[str], failed: int, more: str
) -> None:
    cases = [a_case(f"case-{number}", passed=False) for number in range(failed)]

    text = in_terminal(Told(a_report(*cases)), capsys)

    assert text.count("icontains") == 10
    assert f"{more} failed; --html FILE shows all." in text


def test_the_terminal_counts_what_could_not_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        a_case(f"case-{number}", passed=False, error="E_MODEL", reasons=("it cannot be reached",))
        for number in range(7)
    ]

    text = in_terminal(Told(a_report(*cases, a_case("fine"))), capsys)

    assert "7 of 8 cases could not be measured: E_MODEL, it cannot be reached.\n" in text
    assert "  case-0, case-1, case-2, case-3, case-4 and 2 more\n" in text


def test_no_form_lets_a_terminal_be_moved(capsys: pytest.CaptureFixture[str]) -> None:
    told = Told(hostile())

    for text in (in_terminal(told, capsys), html(told), junit(told), markdown(told)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
        assert "\ud800" not in text


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    page = Elements(html(Told(hostile(), answers={"late-order": HOSTILE})))

    assert not {"script", "link", "img", "iframe", "object", "base", "form", "a"} & set(page.names)
    assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "href")]
    assert "alert(1)" in page.text


def test_the_page_shows_all_that_decides_and_every_case() -> None:
    text = Elements(html(Told(worse_than_live(), ("No evidence.",)))).text

    for part in (
        "critical case late-order passes live and fails here",
        "Compared with v2 (live in prod)",
        "metric format",
        "missed",
        "icontains: lacks 'refund'",
        "newly failed",
        "No evidence.",
        *(f"case-{number}" for number in range(19)),
    ):
        assert part in text, part


def test_ten_thousand_cases_lie_in_folded_tables() -> None:
    page = Elements(html(Told(a_report(*(a_case(f"case-{number}") for number in range(10_000))))))

    assert page.names.count("tr") == 10_000 + 20 + 2
    assert page.names.count("details") == 20


def test_an_answer_is_on_the_page_only_where_it_was_given() -> None:
    report = hostile()

    assert "the words of the model" not in html(Told(report))
    assert "the words of the model" in html(Told(report, answers={"late-order": "the words of the model"}))


@pytest.mark.parametrize("verdict", ["pass", "fail", "inconclusive", "error"])
def test_junit_has_one_test_a_case_and_one_for_the_verdict(verdict: str) -> None:
    cases = [a_case("late-order", passed=verdict in ("pass", "inconclusive")), a_case("fine")]
    if verdict == "error":
        cases[0] = a_case("late-order", passed=False, error="E_MODEL")
    close = Comparison(40, -0.03, -0.08, 0.02) if verdict == "inconclusive" else None
    report = a_report(*cases, comparison=close)
    assert report.verdict == verdict

    root = ElementTree.fromstring(junit(Told(report)))
    (suite,) = root
    tests = {test.get("name"): [child.tag for child in test] for test in suite.iter("testcase")}

    expected = {
        "pass": ({"verdict": [], "late-order": [], "fine": []}, "0", "0"),
        "fail": ({"verdict": ["failure"], "late-order": ["failure"], "fine": []}, "2", "0"),
        "inconclusive": ({"verdict": ["failure"], "late-order": [], "fine": []}, "1", "0"),
        "error": ({"verdict": ["error"], "late-order": ["error"], "fine": []}, "0", "2"),
    }
    assert (tests, suite.get("failures"), suite.get("errors")) == expected[verdict]
    assert suite.get("tests") == root.get("tests") == "3"
    assert {item.get("name"): item.get("value") for item in suite.iter("property")}["verdict"] == verdict


def test_junit_says_why() -> None:
    root = ElementTree.fromstring(junit(Told(worse_than_live())))
    failures = {
        test.get("name"): failure for test in root.iter("testcase") for failure in test.iter("failure")
    }

    assert failures["late-order"].get("type") == "critical"
    assert failures["late-order"].text == "icontains: lacks 'refund'"
    assert "critical case late-order" in str(failures["verdict"].text)


def test_a_comment_is_one_that_can_be_found_and_read() -> None:
    text = markdown(Told(worse_than_live()))

    assert text.startswith("<!-- promptops evaluate support-ticket -->\n### ❌ `support-ticket@v3`: fail\n")
    assert "| `metric format` | 0.97 | 0.99 | **missed** |" in text
    assert "Newly failed: `late-order`" in text
    assert "- `late-order` (critical) scored 0.25: `icontains: lacks 'refund'`" in text


def test_a_comment_says_how_many_reasons_it_leaves_out() -> None:
    slices = {f"t{number}": 0.9 for number in range(12)}
    cases = [a_case(f"case-{number}", tags=tuple(slices)) for number in range(5)]

    text = markdown(Told(a_report(*cases, thresholds=Thresholds(slices=slices))))

    assert text.count(" reaches ") == 10
    assert "- and 3 more\n" in text


def test_a_comment_mentions_links_and_loads_nothing() -> None:
    text = markdown(Told(hostile()))
    (line,) = [line for line in text.splitlines() if "alert(1)" in line]
    outside = re.sub(r"(`+).*?\1(?!`)", "", line)

    assert outside == "-  scored 0.25: "


@pytest.mark.parametrize(
    ("text", "span"), [("a`b", "``a`b``"), ("`", "`` ` ``"), ("", "` `"), ("a\nb", "`a\\nb`")]
)
def test_code_spans_end_where_they_should(text: str, span: str) -> None:
    assert code(text) == span


def test_only_harmless_sentences_are_left_as_they_are() -> None:
    assert prose("score 0.62 is below 0.90 (8 cases)") == "score 0.62 is below 0.90 (8 cases)"
    assert prose("exact McNemar p < 0.001.") == "exact McNemar p < 0.001."
    assert prose("a <b>") == "`a <b>`"
    assert prose("ask @team") == "`ask @team`"
    assert prose("see https://evil.example") == "`see https://evil.example`"


def test_a_comment_stays_under_githubs_limit_whatever_was_measured() -> None:
    long = "x" * 64
    cases = [
        a_case(
            f"{number:05d}{long}"[:64], passed=False, reasons=("`|<" * 100,) * 10, tags=(f"t{number % 500}",)
        )
        for number in range(2_000)
    ]
    report = a_report(
        *cases,
        thresholds=Thresholds(slices={f"t{number}": 0.9 for number in range(500)}),
        comparison=Comparison(2_000, -0.5, -0.6, -0.4, 0.0, tuple(case.case_id for case in cases)),
    )

    assert len(markdown(Told(report))) <= MAX_CHARS + 100 < 65_536


def test_an_error_in_a_comment_shows_no_threshold_table() -> None:
    text = markdown(Told(a_report(a_case("one", passed=False, error="E_MODEL"), a_case("two"))))

    assert "| Threshold" not in text
    assert "Not measured, E_MODEL (`icontains: lacks 'refund'`): `one`" in text


def test_a_sample_says_that_it_is_one() -> None:
    report = replace(a_report(*(a_case(f"case-{number}") for number in range(30))), dataset_cases=900)

    for text in (html(Told(report)), junit(Told(report)), markdown(Told(report))):
        assert "a sample of 30 of 900 cases, seed 0" in text
