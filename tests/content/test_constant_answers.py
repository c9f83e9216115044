"""An evaluation that a model can pass without reading what it is sent measures nothing."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from promptops.evaluation_ports import Model
from tests.content.family import FAMILIES, Family, Run
from tests.content.models import Echo, Saying


def best_constant(family: Family) -> str:
    """One answer for all cases, made from what most of them expect: right in form, and full of keywords."""
    wanted: dict[str, Counter[object]] = {}
    keywords: Counter[str] = Counter()
    for assertion in (item for document in family.documents for item in document["assert"]):
        value = assertion.get("value")
        if assertion["type"] == "is-json":
            for field, rule in value.get("properties", {}).items():
                if "const" in rule:
                    wanted.setdefault(field, Counter())[rule["const"]] += 1
        elif assertion["type"] in ("icontains-any", "contains-any"):
            keywords.update(value)
    schema: Any = family.source.output_schema
    constant = {
        field: wanted[field].most_common(1)[0][0]
        if field in wanted
        else _anything(schema["properties"][field])
        for field in schema["required"]
    }
    free = [field for field, value in constant.items() if value == ""]
    for field in free:
        constant[field] = " ".join(word for word, _ in keywords.most_common(30 // len(free))) or "words"
    return json.dumps(constant)


def _anything(rule: dict[str, Any]) -> object:
    return 0.5 if rule.get("type") == "number" else rule["enum"][0] if "enum" in rule else ""


def assert_fails(prompt_id: str, model: Model) -> Run:
    family = Family.load(prompt_id)
    run = family.evaluated(model)
    assert run.gate.verdict == "fail"
    assert run.failed_critical
    assert run.score < family.source.policy.thresholds.min_score
    return run


@pytest.mark.parametrize("prompt_id", FAMILIES)
def test_a_model_that_always_says_the_same_does_not_pass(prompt_id: str) -> None:
    run = assert_fails(prompt_id, Saying(best_constant(Family.load(prompt_id))))

    assert run.of_metric("format") == run.of_metric("length") == 1.0


@pytest.mark.parametrize("prompt_id", FAMILIES)
@pytest.mark.parametrize("part", [slice(None), slice(-1, None)], ids=["the whole prompt", "the input"])
def test_a_model_that_repeats_what_it_is_sent_does_not_pass(prompt_id: str, part: slice) -> None:
    assert_fails(prompt_id, Echo(part))


@pytest.mark.parametrize("prompt_id", FAMILIES)
def test_a_model_that_names_the_fields_or_nothing_does_not_pass(prompt_id: str) -> None:
    schema: Any = Family.load(prompt_id).source.output_schema
    fields = schema["required"]

    for constant in ("", "{}", " ".join(fields), json.dumps(dict.fromkeys(fields, "?"))):
        assert_fails(prompt_id, Saying(constant))
