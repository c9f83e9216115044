"""A report is evidence for exactly what it measured, and for nothing that differs in a single part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.errors import EvidenceMismatch
from promptops.domain.policy import Thresholds
from promptops.domain.release_rules import evidence_problem
from promptops.domain.report import Report
from promptops.domain.version import VersionRecord
from tests.unit.release_world import GRADERS, World


@pytest.fixture
def measured() -> tuple[VersionRecord, Report]:
    """A version and the report that passed it."""
    world = World()
    record = world.publish()
    return record, world.reports.load(world.evaluate(record))


def problem(record: VersionRecord, report: Report) -> object:
    return evidence_problem(record, report, graders=GRADERS, accepted_model_kinds=("bedrock", "standin"))


def test_a_report_is_evidence_for_what_it_measured(measured):
    assert problem(*measured) is None


@pytest.mark.parametrize("part", ["content_sha256", "dataset_sha256", "graders", "model_id"])
def test_a_report_of_another_text_dataset_grader_or_model_is_none(measured, part: str):
    record, report = measured
    other = replace(report, binding=replace(report.binding, **{part: "another"}))

    assert isinstance(problem(record, other), EvidenceMismatch)


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"prompt_id": "another"}, {"thresholds": Thresholds(0.1)}, {"cases": ()}],
    ids=str,
)
def test_a_report_of_another_version_or_measured_with_other_rules_is_none(measured, change: dict[str, Any]):
    record, report = measured

    assert isinstance(problem(record, replace(report, **change)), EvidenceMismatch)
