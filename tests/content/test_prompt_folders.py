from __future__ import annotations

import pytest

from promptops.domain.template import Template
from tests.content.family import FAMILIES, PROMPTS, Family


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return Family.load(request.param)


def test_the_two_families_of_the_story_are_here() -> None:
    assert {"support-ticket", "refund-policy"} <= set(FAMILIES)


@pytest.mark.parametrize("prompt_id", FAMILIES)
def test_a_prompt_is_named_like_its_folder(prompt_id: str) -> None:
    assert Family.load(prompt_id).source.prompt_id == prompt_id


def test_a_prompt_says_what_it_is_for_and_why_it_changed(family: Family) -> None:
    assert family.source.description
    assert family.source.rationale
    assert family.source.owner


def test_every_variable_is_declared_and_used(family: Family) -> None:
    used = {name for message in family.templates for name in Template.parse(message.content).variables}

    assert used == set(family.source.variables)


def test_untrusted_text_never_enters_the_system_message(family: Family) -> None:
    untrusted = {name for name, variable in family.source.variables.items() if not variable.trusted}

    assert untrusted
    for message in family.templates:
        if message.role == "system":
            assert not untrusted & Template.parse(message.content).variables


def test_every_block_is_included_somewhere() -> None:
    included = {block for prompt_id in FAMILIES for block in Family.load(prompt_id).source.blocks}

    assert included == {path.stem for path in PROMPTS.glob("_blocks/*.md")}


def test_there_are_enough_cases_and_critical_edge_and_adversarial_ones(family: Family) -> None:
    assert len(family.cases) >= max(10, family.source.policy.thresholds.min_cases)
    assert sum(case.critical for case in family.cases) >= 3
    for tag in ("adversarial", "edge", "non-english", "long"):
        assert any(tag in case.tags for case in family.cases), tag
    assert any("{{" in str(value) for case in family.cases for value in case.variables.values())


def test_format_length_and_content_each_weigh_a_fifth_of_every_case(family: Family) -> None:
    for case in family.cases:
        total = sum(assertion.weight for assertion in case.assertions)
        of_form = {
            metric: sum(item.weight for item in case.assertions if item.metric == metric)
            for metric in ("format", "length")
        }
        of_content = total - sum(of_form.values())

        assert min(*of_form.values(), of_content) / total >= 0.2, case.case_id
