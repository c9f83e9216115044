"""Promises of the dataset: every line is checked, and a wrong one is named by its number."""

from __future__ import annotations

import json

import pytest

from promptops.domain.dataset import parse_dataset
from promptops.domain.errors import EvaluationEmpty, InvalidDataset
from promptops.domain.variables import Variable

DECLARED = {"ticket": Variable(max_chars=20), "product": Variable(default="x")}
GOOD = {"id": "one", "vars": {"ticket": "t"}, "assert": [{"type": "contains", "value": "a"}]}


def jsonl(*cases: object) -> bytes:
    return "\n".join(case if isinstance(case, str) else json.dumps(case) for case in cases).encode()


def test_cases_are_read_in_order_with_their_fields():
    second = {**GOOD, "id": "two", "critical": True, "tags": ["billing"]}

    cases = parse_dataset(jsonl(GOOD, "", second, "\r"), DECLARED)

    assert [case.case_id for case in cases] == ["one", "two"]
    assert (cases[0].critical, cases[1].critical, cases[1].tags) == (False, True, ("billing",))
    assert cases[0].variables == {"ticket": "t"}


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
        ({**GOOD, "id": "two", "vars": {"ticket": 3}}, "variable ticket is a int"),
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


def a_case(*assertions: dict[str, object]):
    (case,) = parse_dataset(jsonl({**GOOD, "assert": list(assertions)}), DECLARED)
    return case


def test_a_case_scores_the_weighted_mean_and_passes_when_nothing_failed():
    case = a_case(
        {"type": "contains", "value": "a", "weight": 3},
        {"type": "contains", "value": "b", "metric": "second"},
        {"type": "contains", "value": "c", "weight": 0},
    )

    assert (case.grade("ab").score, case.grade("ab").passed, case.grade("ab").reasons) == (1.0, True, ())
    assert (case.grade("a").score, case.grade("a").passed) == (0.75, False)
    assert case.grade("a").reasons == ("second: contains: lacks 'b'",)
    assert case.grade("").score == 0.0
