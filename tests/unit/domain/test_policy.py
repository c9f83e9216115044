"""Promises of the policy: rules that rule nothing are refused, and none is out of an approver's sight."""

from __future__ import annotations

from dataclasses import fields

import pytest

from promptops.domain.errors import InvalidThreshold
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.question import ModelName


@pytest.mark.parametrize("written", [{"min_cases": 0}, {"min_pass_rate": 0}, {"min_pass_rate": 0.0}])
def test_a_rule_that_no_case_can_break_is_refused(written: dict[str, float]) -> None:
    with pytest.raises(InvalidThreshold):
        Thresholds.from_dict(written)


def test_the_fine_print_names_whatever_two_policies_differ_in() -> None:
    """Risk, score and number of cases are shown by name elsewhere."""
    plain = Policy("low", Thresholds(), Measuring())
    others = {
        "metrics": {"format": 0.5},
        "slices": {"legal": 0.5},
        "margin": 0.5,
        "min_pass_rate": 0.5,
        "repeats": 2,
        "sample": 20,
        "seed": 1,
        "judge": ModelName("j"),
        "embedder": ModelName("e"),
    }
    known = {field.name for kind in (Thresholds, Measuring) for field in fields(kind)}

    assert known - set(others) == {"min_score", "min_cases"}
    for name, value in others.items():
        thresholds = {name: value} if name in Thresholds.__dataclass_fields__ else {}
        measuring = {} if thresholds else {name: value}
        changed = Policy("low", Thresholds(**thresholds), Measuring(**measuring))  # type: ignore[arg-type]
        assert changed.fine_print() != plain.fine_print(), name
