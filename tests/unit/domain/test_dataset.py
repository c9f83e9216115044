"""Promises of the dataset: every line is checked, and a wrong one is named by its number."""

from __future__ import annotations

import json
import traceback

import pytest

from promptops.domain.dataset import MAX_CASES, Case, CaseGrade, outline, parse_dataset, read_case
from promptops.domain.errors import EvaluationEmpty, InvalidDataset, TooLarge
from promptops.domain.graders.grading import Output
from promptops.domain.variables import Variable
from tests.unit.fakes_evaluation import FakeAssistants

DECLARED = {"ticket": Variable(max_chars=20), "product": Variable(default="x")}
GOOD = {"id": "one", "vars": {"ticket": "t"}, "assert": [{"type": "contains", "value": "a"}]}


def jsonl(*cases: object) -> bytes:
    return "\n".join(case if isinstance(case, str) else json.dumps(case) for case in cases).encode()


def test_cases_are_read_in_order_with_their_fields():
    second = {
        **GOOD,
        "id": "two",
        "critical": True,
        "tags": ["billing"],
        "weight": 2.5,
        "threshold": 0.5,
        "description": "Billed twice",
        "provenance": "ticket 4711, names changed",
    }

    cases = parse_dataset(jsonl(GOOD, "", second, "\r"), DECLARED)

    assert [case.case_id for case in cases] == ["one", "two"]
    assert (cases[0].critical, cases[1].critical, cases[1].tags) == (False, True, ("billing",))
    assert cases[0].variables == {"ticket": "t"}
    assert (cases[0].weight, cases[0].threshold, cases[1].weight, cases[1].threshold) == (1.0, None, 2.5, 0.5)
    assert (cases[1].description, cases[1].provenance) == ("Billed twice", "ticket 4711, names changed")


def test_a_line_separator_inside_a_text_ends_no_line():
    line = json.dumps({**GOOD, "vars": {"ticket": "a\u2028b\x85c"}}, ensure_ascii=False)

    (case,) = parse_dataset(line.encode(), DECLARED)

    assert case.variables["ticket"] == "a\u2028b\x85c"


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_a_dataset_without_cases_is_empty(content: bytes):
    with pytest.raises(EvaluationEmpty):
        parse_dataset(content, DECLARED)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "the case is not a JSON object"),
        ('{"id": "two", "id": "three"}', "'id' stands twice"),
        ('{"id": "two", "assert": [{"type": "contains", "value": "a", "weight": NaN}]}', "NaN"),
        ('{"id": "two", "assert": [{"type": "contains", "value": "a", "weight": Infinity}]}', "Infinity"),
        (GOOD, "the id one is taken"),
        ({**GOOD, "id": "two words"}, "id is 'two words'"),
        ({**GOOD, "id": 2}, "id is '2'"),
        ({**GOOD, "id": "two", "asserts": []}, "the case has the field 'asserts'"),
        ({**GOOD, "id": "two", "critical": "yes"}, "critical is 'yes'"),
        ({**GOOD, "id": "two", "tags": "billing"}, "tags is not a list"),
        ({**GOOD, "id": "two", "vars": []}, "vars is not a JSON object"),
        ({**GOOD, "id": "two", "vars": {"tickt": "t"}}, "'tickt' is not a variable .*did you mean 'ticket'"),
        ({**GOOD, "id": "two", "vars": {}}, "ticket missing"),
        ({**GOOD, "id": "two", "vars": {"ticket": 3}}, "variable ticket is a number"),
        ({**GOOD, "id": "two", "vars": {"ticket": "t" * 21}}, "variable ticket has 21 characters"),
        ({**GOOD, "id": "two", "assert": []}, "case two asserts nothing"),
        ({"id": "two", "vars": {"ticket": "t"}}, "case two asserts nothing"),
        ({**GOOD, "id": "two", "assert": ["contains"]}, "the assertion is not a JSON object"),
        ({**GOOD, "id": "two", "assert": [{"value": "a"}]}, "an assertion has the type 'None'"),
        ({**GOOD, "id": "two", "assert": [{"type": "is-jsn"}]}, "unknown assertion type 'is-jsn'"),
        (
            {**GOOD, "id": "two", "assert": [{"type": "is-json", "vlaue": {}}]},
            "the assertion has the field 'vlaue'",
        ),
        ({**GOOD, "id": "two", "assert": [{"type": "is-json", "weight": -1}]}, "weight of is-json is '-1'"),
        (
            {**GOOD, "id": "two", "assert": [{"type": "is-json", "weight": True}]},
            "weight of is-json is 'True'",
        ),
        ({**GOOD, "id": "two", "assert": [{"type": "is-json", "weight": 0}]}, "no assertion with a weight"),
        ({**GOOD, "id": "two", "assert": [{"type": "is-json", "metric": "a b"}]}, "metric is 'a b'"),
        ({**GOOD, "id": "two", "weight": 0}, "weight is '0'"),
        ({**GOOD, "id": "two", "weight": True}, "weight is 'True'"),
        ({**GOOD, "id": "two", "weight": 101}, "weight is '101'. Write 0 to 100"),
        ({**GOOD, "id": "two", "threshold": 1.5}, "threshold is '1.5'. Write 0 to 1"),
        ({**GOOD, "id": "two", "description": 1}, "description is '1'"),
        ({**GOOD, "id": "two", "provenance": "x" * 2001}, "provenance has 2001 characters, limit 2000"),
        ({**GOOD, "id": "two", "assert": [{"type": "cost", "threshold": "1"}]}, "threshold of cost is '1'"),
        ({**GOOD, "id": "two", "assert": [{"type": "cost", "threshold": -1}]}, "Write 0 or more"),
        ({**GOOD, "id": "two", "assert": [{"type": "is-json", "rubricPrompt": "x"}]}, "field 'rubricPrompt'"),
        ({**GOOD, "id": "two", "assert": [{"type": "assert-set", "value": 1}]}, "the field 'value'"),
        ({**GOOD, "id": "two", "assert": [{"type": "assert-set", "assert": []}]}, "has no assertions"),
        (
            {**GOOD, "id": "two", "assert": [{"type": "not-assert-set", "assert": [{"type": "is-json"}]}]},
            "assert-set cannot be negated",
        ),
        (
            {**GOOD, "id": "two", "assert": [{"type": "assert-set", "assert": [{"type": "assert-set"}]}]},
            "an assert-set stands in an assert-set",
        ),
        (
            {**GOOD, "id": "two", "assert": [{"type": "python", "value": "x"}]},
            "python runs in `promptops evaluate FOLDER` only",
        ),
    ],
)
def test_a_wrong_line_is_named_with_what_is_wrong(line: object, problem: str):
    with pytest.raises(InvalidDataset, match=f"^E_DATASET: line 3: .*{problem}"):
        parse_dataset(jsonl(GOOD, "", line), DECLARED)


def test_bytes_that_are_not_utf8_are_named_by_line():
    with pytest.raises(InvalidDataset, match="line 2: not UTF-8"):
        parse_dataset(jsonl(GOOD) + b'\n{"id": "caf\xe9"}', DECLARED)


def test_an_error_never_quotes_a_value_of_a_case():
    with pytest.raises(InvalidDataset) as raised:
        parse_dataset(jsonl({**GOOD, "vars": {"ticket": "canary" * 9}}), DECLARED)

    assert "canary" not in str(raised.value)


def test_an_outline_builds_no_grader():
    unknown = {
        "id": "two",
        "tags": ["a", "b", "a"],
        "weight": 2,
        "assert": [{"type": "is-jsn", "metric": "m"}],
    }

    one, two = outline(jsonl(GOOD, "", {**GOOD, **unknown}))

    assert (one.case_id, one.line, two.case_id, two.line) == ("one", 1, "two", 3)
    assert (two.tags, two.weight, two.critical) == (("a", "b"), 2.0, False)
    assert (list(two.kinds), list(two.metrics)) == (["is-jsn"], ["m"])
    with pytest.raises(InvalidDataset, match=r"line 3: .*is-jsn") as raised:
        read_case(two, DECLARED)
    assert raised.value.data == {"line": 3}


def test_more_cases_than_anybody_looks_at_are_refused():
    lines = b"".join(b'{"id":"c%d"}\n' % number for number in range(MAX_CASES + 1))

    assert len(outline(lines[: lines.rindex(b'{"id"')])) == MAX_CASES
    with pytest.raises(TooLarge, match="more than 20000 cases"):
        outline(lines)


@pytest.mark.parametrize(
    "line",
    [
        '{"id": "canary',
        {**GOOD, "id": "canary canary"},
        {**GOOD, "id": "two", "canary": 1},
        {**GOOD, "id": "two", "vars": {"canary": "t"}},
        {**GOOD, "id": "two", "assert": [{"type": "canary"}]},
        {**GOOD, "id": "two", "assert": [{"type": "word-count", "value": "canary"}]},
        {**GOOD, "id": "two", "assert": [{"type": "contains", "value": "{{canary}}"}]},
        {**GOOD, "id": "two", "assert": [{"type": "contains", "value": "{{canary canary"}]},
        {**GOOD, "id": "two", "description": ["canary"]},
        jsonl(GOOD).decode().replace('"t"', '"canary"'),
    ],
)
def test_an_error_of_sensitive_cases_says_the_line_and_no_word_of_it(line: object):
    with pytest.raises(
        InvalidDataset, match=r"line 2: E_[A-Z_]+, not shown .*promptops dataset check"
    ) as raised:
        parse_dataset(jsonl(GOOD, line), DECLARED, quoting=False)

    assert "canary" not in str(raised.value.to_dict())
    assert "canary" not in "".join(traceback.format_exception(raised.value))


def test_assertions_are_filled_with_the_case_s_variables():
    case = a_case(
        {"type": "contains", "value": "{{ticket}} of {{ product }}"},
        {"type": "contains-all", "value": ["<{{ticket}}>", "{{{{ticket}}"]},
        {"type": "is-json", "value": {"const": "{{ticket}}"}, "weight": 0, "metric": "untouched"},
    )

    assert graded(case, "t of x <t> {{ticket}}").passed
    assert not graded(case, "{{ticket}} of x <t>").passed
    assert graded(case, '"{{ticket}}"').metrics == {"untouched": 1.0}


def test_a_value_is_filled_in_once():
    (case,) = parse_dataset(
        jsonl(
            {
                **GOOD,
                "vars": {"ticket": "{{product}}"},
                "assert": [{"type": "equals", "value": "{{ticket}}"}],
            }
        ),
        DECLARED,
    )

    assert graded(case, "{{product}}").passed


@pytest.mark.parametrize("value", ["{{tickt}}", "{{ticket.secret}}", "{{ticket | upper}}", "{{ticket"])
def test_an_assertion_that_cannot_be_filled_is_refused(value: str):
    with pytest.raises(InvalidDataset, match=r"line 1: (an assertion uses 'tickt'|in an assertion's text)"):
        a_case({"type": "contains", "value": value})


def test_without_a_prompt_the_variables_are_not_checked():
    case = {"id": "one", "vars": {"a": "x"}, "assert": [{"type": "contains", "value": "{{a}} {{b}}"}]}

    (read,) = parse_dataset(jsonl(case), None)

    assert graded(read, "{{a}} {{b}}").passed


def graded(case: Case, text: str) -> CaseGrade:
    return case.grade(Output(text), FakeAssistants())


def a_case(*assertions: dict[str, object], **fields: object) -> Case:
    (case,) = parse_dataset(jsonl({**GOOD, "assert": list(assertions), **fields}), DECLARED)
    return case


def test_a_case_scores_the_weighted_mean_and_passes_when_nothing_failed():
    case = a_case(
        {"type": "contains", "value": "a", "weight": 3},
        {"type": "contains", "value": "b", "metric": "second"},
        {"type": "contains", "value": "c", "weight": 0},
    )

    both, one, none = graded(case, "ab"), graded(case, "a"), graded(case, "")

    assert (both.score, both.passed, both.failures) == (1.0, True, ())
    assert (one.score, one.passed, one.metrics) == (0.75, False, {"second": 0.0})
    assert one.reasons(quoting=True) == ("second: contains: lacks 'b'",)
    assert one.reasons(quoting=False) == ("second: not met",)
    assert none.reasons(quoting=False) == ("contains: not met", "second: not met")
    assert none.score == 0.0


def test_a_case_with_a_threshold_passes_by_its_score_alone():
    case = a_case({"type": "contains", "value": "a"}, {"type": "contains", "value": "b"}, threshold=0.5)

    half, none = graded(case, "a"), graded(case, "")

    assert (half.score, half.passed, half.failures) == (0.5, True, ())
    assert not none.passed
    assert none.reasons(quoting=True)[-1] == "score 0.00, the case's threshold is 0.50"
    assert none.reasons(quoting=False)[-1] == "threshold: not met"


def test_a_set_counts_as_one_assertion():
    inner = [{"type": "contains", "value": "a", "metric": "first"}, {"type": "contains", "value": "b"}]
    case = a_case(
        {"type": "assert-set", "assert": inner, "threshold": 0.5, "weight": 3, "metric": "either"},
        {"type": "contains", "value": "c"},
    )

    grade = graded(case, "ac")

    assert (grade.score, grade.passed) == ((3 * 0.5 + 1) / 4, True)
    assert grade.metrics == {"either": 0.5, "first": 1.0}
    assert graded(case, "c").reasons(quoting=False) == ("either: not met",)
