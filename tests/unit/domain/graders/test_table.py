"""Promises of the table: one line a grader, no grade from one that could not run, no answer in a reason."""

from __future__ import annotations

import ast
import pkgutil
from pathlib import Path

import pytest

from promptops.domain import graders
from promptops.domain.errors import (
    EvaluationError,
    GraderUnavailable,
    InvalidDataset,
    ModelUnavailable,
    SpendCapReached,
)
from promptops.domain.graders import table as table_module
from promptops.domain.graders.grading import Assertion, Assistants, Expectation, Grader, GradeResult, Output
from promptops.domain.graders.table import TABLE
from tests.unit.domain.graders.grading_of import a_grader, graded
from tests.unit.fakes_evaluation import FakeAssistants

#: What the graders stand on; every other module of the package is a grader or a family.
FRAME = {"grading", "table", "tally", "weighing", "written"}
PROMPTFOO = (
    "equals, contains, icontains, contains-all, contains-any, icontains-all, icontains-any, starts-with, "
    "regex, is-json, contains-json, word-count, levenshtein, similar, latency, cost, llm-rubric, assert-set"
)


def a_table(grade: Grader | Exception):
    """With a grader of our own that does this."""

    def run(output: Output, _assistants: Assistants) -> GradeResult:
        if isinstance(grade, Exception):
            raise grade
        return grade(output, _assistants)

    return {"own": lambda _expectation: run}


def test_the_graders_have_promptfoos_names():
    assert ", ".join(TABLE) == PROMPTFOO


def test_every_module_of_the_package_is_a_line_of_the_table():
    modules = {module.name for module in pkgutil.iter_modules(graders.__path__)} - FRAME
    tree = ast.parse(Path(str(table_module.__file__)).read_text(encoding="utf-8"))
    home = {
        alias.name: str(node.module).rpartition(".")[2]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(graders.__name__)
        for alias in node.names
    }
    lines = [
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "TABLE"
    ]
    named = {item.id for item in ast.walk(lines[0]) if isinstance(item, ast.Name)}

    assert {home[name] for name in named} == modules


def test_a_grader_is_added_with_one_line():
    def shouts(expectation: Expectation) -> Grader:
        return lambda output, _assistants: GradeResult(
            float(output.text.isupper()), output.text.isupper(), "is calm"
        )

    table = {**TABLE, "shouts": shouts}

    assert a_grader("shouts", table=table)(Output("HELP"), FakeAssistants()).passed
    assert a_grader("not-shouts", table=table)(Output("help"), FakeAssistants()).passed
    assert a_grader("shouts", table=table)(Output("help"), FakeAssistants()).reason == "shouts: is calm"


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("is-jsn", "is-json"),
        ("llm-rubrik", "llm-rubric"),
        ("not-contians", "not-contains"),
        ("not_contains", "not-contains"),
        ("NOT-contains", "not-contains"),
        ("not-not-contains", "not-contains"),
    ],
)
def test_an_unknown_assertion_type_names_the_near_and_the_known_ones(kind: str, meant: str):
    with pytest.raises(
        InvalidDataset, match=f"unknown assertion type '{kind}'.*did you mean '{meant}'"
    ) as raised:
        a_grader(kind)

    assert all(known in raised.value.fix for known in TABLE)


@pytest.mark.parametrize("kind", ["", "not-", "not-not-contains", "Contains", "javascript", "python"])
def test_nothing_else_is_a_grader(kind: str):
    with pytest.raises(InvalidDataset, match="unknown assertion type"):
        a_grader(kind, "a")


@pytest.mark.parametrize("kind", ["own", "not-own"])
@pytest.mark.parametrize(
    "failure",
    [TypeError("the answer"), RecursionError("the answer"), InvalidDataset("the answer", "the answer")],
)
def test_a_grader_that_cannot_run_is_neither_met_nor_missed_and_quotes_nothing(kind: str, failure: Exception):
    with pytest.raises(GraderUnavailable, match=f"the grader {kind} could not run") as raised:
        a_grader(kind, table=a_table(failure))(Output("the answer"), FakeAssistants())

    assert "the answer" not in str(raised.value)
    assert raised.value.__suppress_context__
    assert isinstance(raised.value, EvaluationError)


@pytest.mark.parametrize("kind", ["own", "not-own"])
@pytest.mark.parametrize(
    "failure", [ModelUnavailable("down"), SpendCapReached("spent"), GraderUnavailable("no")]
)
def test_an_error_that_says_why_stays_what_it_is(kind: str, failure: Exception):
    with pytest.raises(type(failure)) as raised:
        a_grader(kind, table=a_table(failure))(Output("x"), FakeAssistants())

    assert raised.value is failure


@pytest.mark.parametrize("kind", ["own", "not-own"])
@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_score_that_is_none_is_no_grade(kind: str, score: float):
    table = a_table(lambda *_: GradeResult(score, True, ""))

    with pytest.raises(GraderUnavailable, match="its score is no number"):
        a_grader(kind, table=table)(Output("x"), FakeAssistants())


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("word-count", {"max": 1}, "word-count: 2 words, at most 1 expected"),
        ("word-count", {"min": 3}, "word-count: 2 words, at least 3 expected"),
        ("contains", "xyz", "contains: lacks 'xyz'"),
        ("contains-all", ["a", "xyz"], "contains-all: lacks 'xyz'"),
        ("icontains-any", ["x", "z"], "icontains-any: none of 'x, z'"),
        ("not-icontains", "ANA", "not-icontains: met, and must not be: 'ANA'"),
        ("not-regex", "c.n", "not-regex: met, and must not be: 'c.n'"),
        ("equals", "x", "equals: is not 'x'"),
        ("equals", {"a": 1}, "equals: the answer is not strict JSON"),
        ("starts-with", "x", "starts-with: does not start with 'x'"),
        ("regex", "^x", "regex: nothing matches '^x'"),
        ("levenshtein", "x", "levenshtein: more than 5 edits away from 'x'"),
        ("not-word-count", 2, "not-word-count: met, and must not be: '2'"),
    ],
)
def test_a_reason_says_what_was_expected_in_the_assertions_words(kind: str, value: object, reason: str):
    assert graded(kind, "canary canary", value).reason == reason


@pytest.mark.parametrize(
    "kind", ["equals", "contains", "starts-with", "regex", "levenshtein", "contains-any"]
)
def test_a_reason_is_short_however_long_the_assertion_is(kind: str):
    assert len(graded(kind, "", "x" * 900).reason) < 150


def test_a_set_can_hold_a_grader_that_only_this_table_knows():
    own = a_grader("own", table=a_table(lambda *_: GradeResult(0.5, True, "")))

    result = graded(
        "assert-set", "x", (Assertion("own", own), Assertion("contains", a_grader("contains", "x")))
    )

    assert (result.score, result.passed) == (0.75, True)
