"""What a version asks less of than the live one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.question import ModelName
from promptops.domain.report import Report
from promptops.domain.softened import other_cases, softened
from promptops.domain.version import VersionRecord
from tests.unit.approval_world import REF, Scene
from tests.unit.cli.reports import a_case, a_report

LIVE = Thresholds(0.85, 20, {"format": 0.9}, {"billing": 0.8}, 0.05, 1.0)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"min_score": 0.7}, "min_score 0.70, live has 0.85"),
        ({"min_score": 0.849}, "min_score 0.849, live has 0.850"),
        ({"min_cases": 5}, "min_cases 5, live has 20"),
        ({"metrics": {"format": 0.5}}, "floor of metric format 0.50, live has 0.90"),
        ({"slices": {}}, "floor of slice billing none, live has 0.80"),
        ({"margin": 0.2}, "margin 0.20, live has 0.05"),
        ({"min_pass_rate": 0.5}, "min_pass_rate 0.50, live has 1.00"),
    ],
)
def test_a_looser_threshold_is_said_and_a_stricter_one_is_not(changed: dict[str, Any], said: str) -> None:
    loose, live = Policy("low", replace(LIVE, **changed)), Policy("low", LIVE)

    assert softened(loose, live) == [said]
    assert softened(live, loose) == []


@pytest.mark.parametrize(
    ("measuring", "said"),
    [
        (Measuring(repeats=1, sample=500), "repeats 1, live has 3"),
        (Measuring(repeats=3, sample=20), "sample 20, live has 500"),
        (Measuring(repeats=3, sample=500, seed=7), "another seed: 7, live has 0"),
        (
            Measuring(repeats=3, sample=500, judge=ModelName("mild")),
            "another judge: mild, live has none",
        ),
    ],
)
def test_another_way_of_measuring_is_said(measuring: Measuring, said: str) -> None:
    live = Policy("low", LIVE, Measuring(repeats=3, sample=500))

    assert softened(Policy("low", LIVE, measuring), live) == [said]


def test_a_lowered_risk_is_said() -> None:
    assert softened(Policy("low", LIVE), Policy("high", LIVE)) == ["risk low, live has high"]


def two_versions() -> tuple[VersionRecord, VersionRecord]:
    rows = Scene().registry.rows
    live = next(record for ref, record in rows.items() if ref.version == 2)
    return rows[REF], replace(live, dataset=replace(live.dataset, sha256="d" * 64, cases=25))


def measured(cases: int, critical: int, dataset_sha256: str) -> Report:
    report = a_report(*(a_case(f"case-{number}", critical=number < critical) for number in range(cases)))
    return replace(report, binding=replace(report.binding, dataset_sha256=dataset_sha256))


def test_a_shrunken_dataset_is_counted_beside_that_of_live() -> None:
    record, live = two_versions()

    said = other_cases(record, measured(3, 1, "c" * 64), live, measured(25, 6, "d" * 64))

    assert said == "cases: 3 (live was measured on 25), critical: 1 (live: 6)"


@pytest.mark.parametrize("its_own", [None, measured(25, 6, "f" * 64)], ids=["gone", "of other cases"])
def test_without_the_live_versions_own_report_its_critical_cases_are_unknown(its_own: Report | None) -> None:
    record, live = two_versions()

    assert "critical: 1 (live: unknown" in other_cases(record, measured(3, 1, "c" * 64), live, its_own)


def test_the_same_cases_need_no_word() -> None:
    record, live = two_versions()
    same = replace(live, dataset=record.dataset)

    assert other_cases(record, measured(3, 1, "c" * 64), same, None) == ""
