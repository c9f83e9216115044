"""What stands behind the evidence of an approval."""

from __future__ import annotations

from dataclasses import replace

from promptops.domain.identifiers import PromptRef
from promptops.domain.policy import Policy, Thresholds
from promptops.stages.background import Background, background
from tests.unit.approval_world import BOB, PROMPT, REF, Scene
from tests.unit.approve.test_site import Elements

LIVE = PromptRef(PROMPT, 2)


def behind(scene: Scene, live_version: int = 2) -> Background:
    record = scene.registry.version(REF)
    assert record.evidence
    return background(
        record,
        scene.reports.load(record.evidence),
        live_version,
        registry=scene.registry,
        reports=scene.reports,
        past=scene.site.past,
    )


def other_dataset_live(scene: Scene) -> None:
    """Live was measured on two critical cases of 25, with a higher score to reach."""
    row = scene.registry.rows[LIVE]
    assert row.evidence
    report = scene.reports.load(row.evidence)
    cases = tuple(replace(case, critical=True) for case in report.cases[:2]) + report.cases[2:]
    binding = replace(report.binding, dataset_sha256="d" * 64)
    again = replace(report, evaluation_id="live-again", binding=binding, cases=cases)
    scene.registry.rows[LIVE] = replace(
        row,
        dataset=replace(row.dataset, sha256="d" * 64, cases=25),
        policy=Policy("low", Thresholds(0.85, 3)),
        evidence=scene.reports.store(again),
    )


def test_what_live_was_asked_stands_beside() -> None:
    scene = Scene()
    other_dataset_live(scene)

    found = behind(scene)

    assert found.other_cases == "cases: 3 (live was measured on 25), critical: 1 (live: 2)"
    assert found.softened == ("min_score 0.80, live has 0.85",)


def test_a_live_report_that_is_gone_hides_nothing_else() -> None:
    scene = Scene()
    other_dataset_live(scene)
    del scene.reports.stored["live-again"]

    found = behind(scene)

    assert found.other_cases.startswith("cases: 3 (live was measured on 25), critical: 1 (live: unknown")
    assert found.softened


def test_a_first_release_has_its_attempts_only() -> None:
    scene = Scene(live=False)
    other_dataset_live(scene)

    found = behind(scene, live_version=0)

    assert (found.history.total, found.other_cases, found.softened) == (1, "", ())


def test_the_approval_page_shows_earlier_attempts_and_what_live_was_asked() -> None:
    scene = Scene()
    other_dataset_live(scene)
    report = next(report for report in scene.reports.stored.values() if report.version == REF.version)
    failed = replace(report, evaluation_id="earlier", thresholds=Thresholds(0.99, 3))
    scene.reports.stored = {"earlier": failed, **scene.reports.stored}

    text = Elements(scene.get(scene.cookies(BOB.identity))["body"]).text

    assert "Evaluation 2 of 2 of this version" in text
    assert "fail 0.83, " in text
    assert "critical: 1 (live: 2)" in text
    assert "min_score 0.80, live has 0.85" in text
