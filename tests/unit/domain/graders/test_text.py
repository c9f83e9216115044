"""Promises of the graders that read text: promptfoo's meanings, and nothing that every answer would meet."""

from __future__ import annotations

import pytest

from promptops.domain.errors import InvalidDataset
from promptops.domain.graders.grading import MET
from promptops.domain.graders.levenshtein import MAX_CHARS, distance
from promptops.domain.graders.table import NEGATION
from promptops.domain.graders.written import written
from tests.unit.domain.graders.grading_of import a_grader, graded

TOLD_APART = [
    ("equals", "Refund", "Refund", "refund"),
    ("equals", "Refund", "Refund", " Refund\n"),
    ("equals", "", "", " "),
    ("equals", 5, "5", "5.0"),
    ("equals", 1.0, "1", "1.0"),
    ("equals", 0.00001, "0.00001", "1e-05"),
    ("equals", True, "true", "True"),
    ("equals", False, "false", "0"),
    ("equals", {"a": 1, "b": [True]}, ' {"b": [true], "a": 1.0}', '{"a": 1, "b": [1]}'),
    ("equals", {"a": 1}, '{"a": 1}', '{"a": 1, "b": 2}'),
    ("equals", {"a": 1}, '{"a": 1}', '{"a": 2, "a": 1}'),
    ("equals", {"a": 1, "b": 2}, '{"b": 2, "a": 1}', '{"a": 1}'),
    ("equals", {"a": 1}, '{"a": 1}', "a is 1"),
    ("equals", [1, 2], "[1,2]", "[2,1]"),
    ("equals", [1, 2], "[1,2]", "[1,2,3]"),
    ("equals", [], "[]", "{}"),
    ("equals", None, "null", "0"),
    ("equals", None, "null", ""),
    ("equals", "é", "é", "e\u0301"),
    ("contains", "Deploy", "after Deploy", "after deploy"),
    ("contains", 42, "it is 42.", "it is 4 2"),
    ("contains", 0.5, "half is 0.5", "half is .5"),
    ("contains", " ", "a b", "ab"),
    ("icontains", "Deploy", "AFTER DEPLOY", "after"),
    ("icontains", "ÉTÉ", "l'été", "ete"),
    ("contains-any", ["R1", "R2"], "see R2", "see r2"),
    ("contains-any", "R1, R2", "see R2", "see r2"),
    ("contains-any", [1, None, True], "true", "True"),
    ("icontains-any", ["r1", "r2"], "see R2", "see R3"),
    ("contains-all", ["a", "b"], "ab", "aB"),
    ("contains-all", 'a, "b, c"', "b, c a", "b c a"),
    ("icontains-all", ["a", "b"], "aB", "a"),
    ("icontains-all", ["a", "a"], "A", ""),
    ("starts-with", "Dear", "Dear Ann", " Dear Ann"),
    ("starts-with", "Dear", "Dear", "dear"),
    ("regex", r"^INC-\d{4}$", "INC-0042", "INC-0042\n"),
    ("regex", "a.c", "xabcx", "a\nc"),
    ("regex", r"(?<year>\d+)", "in 2026", "in ٢٠٢٦"),
    ("word-count", 2, " two\twords\n", "one"),
    ("word-count", 2.0, "two words", "one"),
    ("word-count", "2", "two words", "one"),
    ("word-count", {"max": 2}, "two words", "now three words"),
    ("word-count", {"min": 2}, "two words", "one"),
    ("word-count", {"min": 2, "max": 2}, "two words", ""),
    ("word-count", {"min": 0, "max": 0}, " \n", "a"),
    ("levenshtein", "kitten", "sitting", "refund the customer"),
    ("levenshtein", "", "12345", "123456"),
    ("levenshtein", "a" * 40, "a" * 35, "a" * 34),
]


@pytest.mark.parametrize(("kind", "value", "met", "missed"), TOLD_APART)
def test_each_grader_tells_met_from_missed_and_its_negation_the_reverse(
    kind: str, value: object, met: str, missed: str
):
    assert graded(kind, met, value) == MET
    assert (graded(kind, missed, value).score, graded(kind, missed, value).passed) == (0.0, False)
    assert graded(f"not-{kind}", missed, value) == MET
    assert (graded(f"not-{kind}", met, value).score, graded(f"not-{kind}", met, value).passed) == (0.0, False)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("contains", None),
        ("contains", ""),
        ("contains", 0),
        ("contains", True),
        ("contains", ["a"]),
        ("icontains", {"a": 1}),
        ("contains-any", ""),
        ("contains-any", ", ,"),
        ("contains-any", []),
        ("contains-any", None),
        ("contains-any", {"a": 1}),
        ("contains-any", '"open, b'),
        ("contains-any", '"a" b, c'),
        ("contains-any", 'a, ""'),
        ("contains-all", []),
        ("contains-all", [""]),
        ("icontains-all", [["a"]]),
        ("icontains-all", [{}]),
        ("starts-with", ""),
        ("starts-with", 3),
        ("regex", ""),
        ("regex", None),
        ("regex", "("),
        ("regex", r"(a)\1"),
        ("word-count", None),
        ("word-count", True),
        ("word-count", -1),
        ("word-count", 2.5),
        ("word-count", float("nan")),
        ("word-count", float("inf")),
        ("word-count", "two"),
        ("word-count", ""),
        ("word-count", [2]),
        ("word-count", {}),
        ("word-count", {"max": "9"}),
        ("word-count", {"min": 3, "max": 2}),
        ("word-count", {"most": 3}),
        ("word-count", {"min": 1, "most": 3}),
        ("levenshtein", None),
        ("levenshtein", 5),
        ("levenshtein", "a" * (MAX_CHARS + 1)),
    ],
)
@pytest.mark.parametrize("negation", ["", NEGATION])
def test_an_assertion_that_would_check_nothing_is_an_error_and_never_a_pass(
    negation: str, kind: str, value: object
):
    with pytest.raises(InvalidDataset):
        a_grader(f"{negation}{kind}", value)


@pytest.mark.parametrize(
    ("line", "held", "lacking"),
    [
        ("a,b", ["a", "b"], "b"),
        (" a b , c ", ["a b", "c"], "a  b"),
        (",,a,,b,,", ["a", "b"], "a"),
        ('"a, b", c', ["a, b", "c"], "a"),
        ('" a "', [" a "], "a"),
        (r'"say \"a\"", c\d', ['say "a"', r"c\d"], r"say \"a\""),
        ('"say ""a"""', ['say "a"'], "say a"),
        (r'"a\\"', ["a\\"], "a"),
        ('5" pipe', ['5" pipe'], "5 pipe"),
    ],
)
def test_fields_with_commas_between_them_are_read_as_a_list(line: str, held: list[str], lacking: str):
    assert graded("contains-all", " + ".join(held), line).passed
    for text in held:
        assert graded("contains-any", text, line).passed
    assert not graded("contains-all", lacking, line).passed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, "null"),
        (True, "true"),
        (0, "0"),
        (-0.0, "0"),
        (-7, "-7"),
        (10**20, "100000000000000000000"),
        (10**21, "1e+21"),
        (1e21, "1e+21"),
        (123456789012345680000.0, "123456789012345680000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5, "-1.5"),
        (100.0, "100"),
        ([], None),
        ({}, None),
    ],
)
def test_numbers_are_written_as_javascript_writes_them(value: object, text: str | None):
    assert written(value) == text


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("intention", "execution", 5),
        ("ab" * 300, "ba" * 300, 2),
        ("x" * 100 + "abc", "x" * 100 + "acb", 2),
        ("🙂🙃", "🙃🙂", 2),
    ],
)
def test_distance_counts_the_fewest_edits(one: str, other: str, edits: int):
    assert distance(one, other) == distance(other, one) == edits


@pytest.mark.parametrize(
    ("threshold", "passed"), [(3, True), (3.9, True), (2.9, False), (2, False), (0, False)]
)
def test_levenshtein_passes_up_to_its_threshold(threshold: float, passed: bool):
    assert graded("levenshtein", "sitting", "kitten", threshold=threshold).passed is passed


def test_a_huge_answer_is_graded_by_its_length_before_anything_else():
    huge = "word " * 1_000_000

    assert not graded("levenshtein", huge, "word").passed
    assert graded("levenshtein", huge, "word", threshold=len(huge)).passed
    assert not graded("equals", huge, "word").passed
    assert graded("not-contains-any", huge, ["absent", "missing"]).passed
    assert graded("word-count", huge, {"min": 1_000_000}).passed


@pytest.mark.parametrize("answer", ["", " ", "\x00", "\ud800", "\u2028", "🙂" * 3, "{" * 1_000])
@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind, value, *_ in TOLD_APART])
def test_whatever_the_answer_is_one_of_both_forms_holds(kind: str, value: object, answer: str):
    assert graded(kind, answer, value).passed is not graded(f"not-{kind}", answer, value).passed
