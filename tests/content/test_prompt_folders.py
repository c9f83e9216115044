from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from promptops.domain.template import Template
from tests.content.family import FAMILIES, PROMPTS, Family


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return Family.load(request.param)


def test_the_four_families_are_here() -> None:
    assert {"support-ticket", "refund-policy", "ticket-summary", "intent-router"} <= set(FAMILIES)


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
    assert len(family.cases) >= 15
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


def test_every_label_is_expected_by_several_cases(family: Family) -> None:
    schema: Any = family.source.output_schema
    labels = {field: rule["enum"] for field, rule in schema["properties"].items() if "enum" in rule}

    assert labels
    for field, values in labels.items():
        expected = Counter(
            assertion["value"]["properties"][field].get("const")
            for document in family.documents
            for assertion in document["assert"]
            if assertion["type"] == "is-json" and field in assertion["value"].get("properties", {})
        )
        assert {value for value in values if expected[value] < 3} == set()


def test_cases_of_others_say_where_they_come_from_and_their_licence_is_beside_them() -> None:
    family = Family.load("intent-router")
    notice = (PROMPTS / "intent-router" / "LICENSE-banking77.md").read_text(encoding="utf-8")
    taken = [case for case in family.cases if "banking77" in case.tags]

    assert Counter(case.tags[0] for case in taken) == dict.fromkeys(
        family.source.policy.thresholds.slices, 20
    )
    assert all(re.fullmatch(r"BANKING77 test\.csv, row \d+, CC BY 4\.0", case.provenance) for case in taken)
    for named in ("PolyAI", "Casanueva", "creativecommons.org/licenses/by/4.0", "What was changed"):
        assert named in notice


def test_the_metrics_and_slices_with_a_floor_exist(family: Family) -> None:
    thresholds = family.source.policy.thresholds
    metrics = {assertion.metric for case in family.cases for assertion in case.assertions}

    assert set(thresholds.metrics) <= metrics
    assert set(thresholds.slices) <= {tag for case in family.cases for tag in case.tags}
