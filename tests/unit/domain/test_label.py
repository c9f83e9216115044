"""Promises of labels: a semantic version or an error that says what is wrong with it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.domain.errors import InvalidLabel
from promptops.domain.identifiers import PromptRef
from promptops.domain.label import MAX_LABEL_CHARS, check_label, label_taken

# As semver.org gives it for those who want a regular expression.
SEMANTIC_VERSION = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?"
)


@pytest.mark.parametrize(
    "label",
    [
        "0.0.0",
        "2.2.0",
        "2.2.0-rc1",
        "1.0.0-alpha.1",
        "1.0.0-0.3.7",
        "1.0.0-x-y-z.--",
        "1.0.0+20130313144700",
        "1.0.0-beta+exp.sha.5114f85",
        "1.0.0+21AF26D3---117B344092BD",
        "1.0.0+007",
        "1.0.0-0a",
    ],
)
def test_a_semantic_version_is_a_label(label):
    assert check_label(label) == label


@pytest.mark.parametrize(
    ("label", "wrong"),
    [
        ("", "nothing is not three numbers with dots between them"),
        ("2.2", "2.2 is not three numbers with dots between them"),
        ("2.2.0.1", "2.2.0.1 is not three numbers with dots between them"),
        ("v2.2.0", "it begins with a v"),
        ("2..0", "a number is missing"),
        ("2.x.0", "'x' is not a number"),
        ("2.٢.0", "'٢' is not a number"),
        ("02.2.0", "02 has a leading zero"),
        ("2.2.0-01", "01 has a leading zero"),
        ("2.2.0-", "an identifier of its pre-release part is empty"),
        ("2.2.0-rc..1", "an identifier of its pre-release part is empty"),
        ("2.2.0-rc_1", "its pre-release part holds 'rc_1', allowed are 0-9, A-Z, a-z and '-'"),
        ("2.2.0+", "an identifier of its build part is empty"),
        ("2.2.0+a+b", "its build part holds 'a+b'"),
        ("2.2.0\n", r"'0\n' is not a number"),
        ("2.2.0-" + "a" * 60, "66 characters, allowed are 64"),
    ],
)
def test_anything_else_is_refused_with_what_is_wrong(label, wrong):
    with pytest.raises(InvalidLabel) as refused:
        check_label(label)

    assert str(refused.value).startswith("E_LABEL: label ")
    assert wrong in str(refused.value)
    assert "e.g. 2.2.0, 2.2.0-rc1" in refused.value.fix


@given(st.one_of(st.from_regex(SEMANTIC_VERSION, fullmatch=True), st.text("0129.-+aZv_", max_size=20)))
def test_labels_are_exactly_what_the_specification_allows(label):
    try:
        check_label(label)
        allowed = True
    except InvalidLabel:
        allowed = False

    assert allowed == bool(SEMANTIC_VERSION.fullmatch(label) and len(label) <= MAX_LABEL_CHARS)


def test_a_taken_label_names_the_version_that_has_it_and_both_digests():
    other = PromptRef("support-ticket", 12)

    refusal = label_taken("2.2.0", other, "ab" * 32, "cd" * 32)
    same = label_taken("2.2.0", other, "ab" * 32, "ab" * 32)

    assert refusal.what == "label 2.2.0 is v12 (sha256:abababababab…), yours is cdcdcdcdcdcd…"
    assert str(refusal).endswith(". Choose another label.")
    assert str(same).endswith("Release v12, or choose another label.")
