"""An evaluation that a model can pass without reading the prompt measures nothing."""

from __future__ import annotations

import json

import pytest

from promptops.domain.artifact import Artifact
from promptops.domain.policy import Thresholds
from promptops.stages.evaluate import preview
from tests.content.family import Family
from tests.unit.fakes import FakeClock
from tests.unit.fakes_evaluation import FakeModel

FAMILY = Family.load("support-ticket")
KEYWORDS = sorted(
    {
        word
        for document in FAMILY.documents
        for assertion in document["assert"]
        if assertion["type"] == "icontains-any"
        for word in assertion["value"]
    }
)


def triage(cause: str) -> str:
    """Well-formed and short, whatever it says."""
    return json.dumps({"severity": "high", "probable_root_cause": cause, "recommended_next_step": "Look."})


CONSTANTS = {
    "all keywords": triage(" ".join(KEYWORDS)),
    "all keywords of the other tickets": triage(
        " ".join(word for word in KEYWORDS if word not in ("checkout", "safari", "coupon"))
    ),
    "the field names": "severity probable_root_cause recommended_next_step database password " * 2,
}


@pytest.mark.parametrize("constant", CONSTANTS.values(), ids=CONSTANTS.keys())
def test_a_model_that_always_says_the_same_does_not_pass(constant: str) -> None:
    source = FAMILY.source
    artifact = Artifact(source.prompt_id, FAMILY.templates, source.model, source.variables)

    report = preview(
        artifact,
        FAMILY.cases,
        thresholds=Thresholds(0.0, 1),
        model=FakeModel(lambda _: constant),
        clock=FakeClock(),
    )

    assert len(constant.split()) < 120
    assert report.verdict == "fail"
    assert report.failed_critical
