"""Templates replace variables and can do nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.domain.errors import (
    InvalidTemplate,
    InvalidVariableType,
    MissingVariable,
    UnknownVariable,
    VariableTooLarge,
)
from promptops.domain.template import Template
from promptops.domain.variables import Variable, bind


@given(st.text().filter(lambda text: "{{" not in text))
def test_text_without_double_braces_is_itself(text):
    assert Template.parse(text).render({}) == text


@given(value=st.text())
def test_a_value_is_never_scanned_again(value):
    assert Template.parse("<{{ a }}{{a}}>").render({"a": value}) == f"<{value}{value}>"


def test_four_braces_are_two_literal_ones():
    assert Template.parse("{{{{name}} is {{name}}").render({"name": "x"}) == "{{name}} is x"


@pytest.mark.parametrize(
    "text",
    [
        "{{u.__class__.__init__.__globals__}}", "{{a[0]}}", "{{x|upper}}", "{{ 7*7 }}", "{{x!r}}",
        "{{x:>999999999}}",
        "{{}}", "{{A}}", "{{a b}}", "{{#if}}", "{{> block}}", "{{{x}}}",
    ],
)  # fmt: skip
def test_nothing_but_a_name_is_allowed(text):
    with pytest.raises(InvalidTemplate, match=r"line 1 col \d+: .* is not a variable"):
        Template.parse(text)


def test_an_open_brace_is_placed():
    with pytest.raises(InvalidTemplate, match=r"E_TEMPLATE: line 2 col 3: '{{' is not closed"):
        Template.parse("a\nb {{name")


DECLARED = {
    "ticket": Variable(max_chars=5),
    "count": Variable("number", default=3),
    "urgent": Variable("boolean", default=False),
    "tone": Variable(enum=("kind", "brief"), default="kind"),
}


def test_defaults_fill_in():
    assert bind(DECLARED, {"ticket": "t"}) == {"ticket": "t", "count": "3", "urgent": "false", "tone": "kind"}


@pytest.mark.parametrize(
    ("given_values", "error", "message"),
    [
        ({}, MissingVariable, "E_VARIABLE_MISSING: ticket missing"),
        ({"ticket": "t", "tickt": "x"}, UnknownVariable, r"did you mean 'ticket'\?"),
        ({"ticket": 5}, InvalidVariableType, "variable ticket is a number. Pass a string"),
        ({"ticket": "t", "count": True}, InvalidVariableType, "variable count is a boolean. Pass a number"),
        ({"ticket": "t", "tone": "rude"}, InvalidVariableType, "outside its enum. Pass one of kind, brief"),
        ({"ticket": "secret" * 9}, VariableTooLarge, "variable ticket has 54 characters, limit 5"),
    ],
)
def test_wrong_values_are_refused_by_name_and_never_repeated(given_values, error, message):
    with pytest.raises(error, match=message) as refused:
        bind(DECLARED, given_values)

    assert "secret" not in str(refused.value)
