"""A policy asks nothing of cases that no case can tell."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promptops.domain.dataset import CaseOutline, outline
from promptops.domain.errors import InvalidMetadata, InvalidThreshold, PromptOpsError
from promptops.domain.measurable import check_measurable
from promptops.domain.policy import Policy


def cases(*assertions: dict[str, object]) -> tuple[CaseOutline, ...]:
    case = {"id": "one", "tags": ["billing"], "assert": list(assertions)}
    return outline(json.dumps(case).encode())


def policy(**fields: Any) -> Policy:
    return Policy.from_dict({"risk": "low", **fields})


IS_JSON = {"type": "is-json", "metric": "format"}
IN_A_SET = {"type": "assert-set", "metric": "all", "assert": [{**IS_JSON, "metric": "inner"}]}
RUBRIC = {"type": "llm-rubric", "value": "Be kind."}
SIMILAR = {"type": "not-similar", "value": "bye"}
MODEL = {"id": "a-model"}


@pytest.mark.parametrize(
    ("found", "fields"),
    [
        (cases(IS_JSON), {}),
        (cases(IS_JSON), {"thresholds": {"metrics": {"format": 0.9}, "slices": {"billing": 0.5}}}),
        (cases(IN_A_SET), {"thresholds": {"metrics": {"inner": 0.9, "all": 0.9}}}),
        (cases(RUBRIC), {"evaluation": {"judge": MODEL}}),
        (cases(SIMILAR, RUBRIC), {"evaluation": {"judge": MODEL, "embedder": MODEL}}),
    ],
)
def test_what_the_cases_can_tell_is_fine(found, fields):
    check_measurable(found, policy(**fields))


@pytest.mark.parametrize(
    ("found", "fields", "error", "problem"),
    [
        (
            cases(IS_JSON),
            {"thresholds": {"metrics": {"fromat": 0.9}}},
            InvalidThreshold,
            "thresholds.metrics has 'fromat', which no case has .did you mean 'format'.*Known: format",
        ),
        (
            cases(IS_JSON),
            {"thresholds": {"slices": {"refunds": 0.9}}},
            InvalidThreshold,
            "thresholds.slices has 'refunds'.*Known: billing",
        ),
        (
            cases(RUBRIC),
            {},
            InvalidMetadata,
            "case one asserts llm-rubric, and prompt.yaml names no evaluation.judge.*evaluation: {judge:",
        ),
        (
            cases({"type": "assert-set", "assert": [SIMILAR]}),
            {"evaluation": {"judge": MODEL}},
            InvalidMetadata,
            "case one asserts similar, .*no evaluation.embedder",
        ),
    ],
)
def test_what_they_cannot_tell_is_refused_by_name(
    found: Any, fields: Any, error: type[PromptOpsError], problem: str
):
    with pytest.raises(error, match=problem):
        check_measurable(found, policy(**fields))
