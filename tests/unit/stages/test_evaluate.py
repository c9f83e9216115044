"""Promises of evaluate: every case once, graded from what the model said, bound to bytes; else an error."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from promptops.contract.messages import EvaluateTask, Reported
from promptops.domain.artifact import Artifact, Message
from promptops.domain.canonical import sha256
from promptops.domain.dataset import parse_dataset
from promptops.domain.errors import (
    DatasetChanged,
    EvaluationEmpty,
    EvaluationError,
    EvaluationTooFew,
    ModelUnavailable,
)
from promptops.domain.graders import GRADERS
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.report import Binding
from promptops.domain.variables import Variable
from promptops.domain.version import Dataset, VersionRecord
from promptops.stages.evaluate import PREVIEW, THREADS, Evaluation, preview
from tests.unit.fakes import FakeArtifacts, FakeClock, FakeDatasets, FakeRegistry
from tests.unit.fakes_evaluation import FakeChunkResults, FakeModel, FakeReports

REF = PromptRef("support-ticket", 3)
ARTIFACT = Artifact(
    "support-ticket",
    (Message("system", "Triage."), Message("user", "<{{ticket}}>")),
    {"id": "some-model", "provider": "bedrock"},
    {"ticket": Variable()},
)


def a_case(name: str, *, critical: bool = False) -> dict[str, object]:
    asserts = [{"type": "contains", "value": name}, {"type": "word-count", "value": {"max": 3}, "weight": 3}]
    return {"id": name, "vars": {"ticket": f"canary {name}"}, "assert": asserts, "critical": critical}


CASES = tuple(a_case(f"case-{number}") for number in range(7))


class World:
    def __init__(self, says=str, *, cases=CASES, min_score: float = 0.8, chunk_cases: int = 3) -> None:
        content = "\n".join(json.dumps(case) for case in cases).encode()
        self.registry, self.datasets, self.artifacts = FakeRegistry(), FakeDatasets(), FakeArtifacts()
        self.results, self.reports, self.model = FakeChunkResults(), FakeReports(), FakeModel(says)
        self.artifacts.create(REF, ARTIFACT.to_bytes())
        dataset = Dataset(self.datasets.store(content), sha256(content), len(cases)) if cases else Dataset()
        self.registry.rows[REF] = VersionRecord(
            ref=REF, sha256=ARTIFACT.digest(), size_bytes=1, object_version="o", source_sha256="s",
            model="some-model", dataset=dataset, policy=Policy("low", Thresholds(min_score, 5)), owner="o",
            description="", rationale="r", tags=(), published_by=Actor("iam", "arn:alice"), authors=(),
            commit="", published_at="2026-03-01T10:00:00.000000Z",
        )  # fmt: skip
        self.evaluation = Evaluation(
            self.registry, self.artifacts, self.datasets, self.results, self.reports, self.model, FakeClock(),
            model_kind="standin", chunk_cases=chunk_cases,
        )  # fmt: skip

    def task(self, name: str = "plan", **fields: object) -> EvaluateTask:
        return EvaluateTask(name, REF.prompt_id, REF.version, **fields)  # type: ignore[arg-type]

    def chunks(self) -> EvaluateTask:
        """Plans and runs all chunks; returns the task that is left."""
        plan = self.evaluation.plan(self.task())
        shared = {"evaluation_id": plan.evaluation_id, "dataset_sha256": plan.dataset_sha256}
        for chunk in plan.chunks:
            self.evaluation.chunk(self.task("chunk", chunk=chunk, **shared))
        return self.task("report", chunks=plan.chunk_count, started_at=plan.started_at, **shared)

    def run(self) -> Reported:
        return self.evaluation.report(self.chunks())

    @property
    def report(self):
        (report,) = self.reports.stored.values()
        return report


def test_the_chunks_cover_every_case_once_and_carry_no_text():
    plan = World().evaluation.plan(World().task())

    assert plan.chunks == [
        {"chunk": 0, "first": 0, "count": 3},
        {"chunk": 1, "first": 3, "count": 3},
        {"chunk": 2, "first": 6, "count": 1},
    ]
    assert plan.chunk_count == 3
    assert "canary" not in json.dumps(plan.to_dict())


def test_each_case_is_asked_once_with_its_own_rendered_messages():
    world = World()

    world.run()

    assert sorted(messages[-1]["content"] for messages in world.model.asked) == [
        f"<canary case-{number}>" for number in range(7)
    ]
    assert all(messages[0] == {"role": "system", "content": "Triage."} for messages in world.model.asked)


def test_a_passing_report_is_bound_linked_and_answered():
    world = World()

    reported = world.run()

    evidence = world.registry.version(REF).evidence
    assert world.report.binding == Binding(
        ARTIFACT.digest(), world.registry.version(REF).dataset.sha256, GRADERS, "some-model", "standin"
    )
    assert (world.report.verdict, world.report.score) == ("pass", 1.0)
    assert [case.case_id for case in world.report.cases] == [case["id"] for case in CASES]
    assert world.report.started_at < world.report.finished_at
    assert (reported.report_key, reported.report_sha256) == (evidence.key, evidence.sha256)
    assert (reported.verdict, reported.score) == ("pass", 1.0)


def test_each_case_keeps_score_reasons_and_tokens():
    world = World(lambda text: text if "case-1" not in text else "other")

    world.run()

    case = world.report.cases[1]
    assert (case.score, case.passed, case.reasons) == (0.75, False, ("contains: lacks 'case-1'",))
    assert (case.input_tokens, case.output_tokens, case.latency_ms) == (len("<canary case-1>"), 5, 5)


def test_a_report_holds_no_words_of_case_or_answer():
    world = World(lambda text: f"{text} one two three four")

    world.run()

    assert "canary" not in json.dumps(world.report.to_dict())
    assert world.report.verdict == "fail"


@pytest.mark.parametrize(("min_score", "verdict"), [(0.75, "pass"), (0.76, "fail")])
def test_the_score_must_reach_the_threshold(min_score: float, verdict: str):
    assert World(lambda _: "other", min_score=min_score).run().verdict == verdict


def test_a_mean_of_equal_scores_is_that_score():
    asserts = [{"type": "contains", "value": "a", "weight": 4}, {"type": "contains", "value": "b"}]
    cases = [{**a_case(f"case-{number}"), "assert": asserts} for number in range(10)]

    assert World(lambda _: "a", cases=cases, min_score=0.8).run().verdict == "pass"


def test_one_failed_critical_case_fails_a_good_score():
    cases = (*CASES[:-1], a_case("case-6", critical=True))

    reported = World(lambda text: "other" if "case-6" in text else text, cases=cases).run()

    assert (reported.verdict, reported.score > 0.8) == ("fail", True)


def test_without_cases_or_with_too_few_no_model_is_asked():
    with pytest.raises(EvaluationEmpty):
        World(cases=()).run()
    world = World(cases=CASES[:4])
    with pytest.raises(EvaluationTooFew, match="4 of 5"):
        world.run()
    assert world.model.asked == []


def test_a_model_that_does_not_answer_is_an_error_and_no_verdict():
    def says(text: str) -> str:
        if "case-5" in text:
            raise ModelUnavailable("some-model stopped with guardrail_intervened")
        return text

    world = World(says)

    with pytest.raises(ModelUnavailable, match="guardrail_intervened"):
        world.run()
    assert world.reports.stored == {}
    assert world.registry.version(REF).evidence is None
    assert [chunk for _, chunk in world.results.stored] == [0]


def test_after_an_error_no_further_case_of_the_chunk_is_asked():
    never = threading.Event()

    def says(text: str) -> str:
        if "case-0" in text:
            raise ModelUnavailable("some-model is away")
        never.wait(0.3)
        return text

    world = World(says, cases=[a_case(f"case-{number}") for number in range(60)], chunk_cases=60)

    with pytest.raises(ModelUnavailable):
        world.run()
    assert len(world.model.asked) <= 2 * THREADS


def test_cases_of_a_chunk_run_at_the_same_time():
    together = threading.Barrier(7, timeout=10)

    def says(text: str) -> str:
        together.wait()
        return text

    assert World(says, chunk_cases=7).run().verdict == "pass"


def test_a_dataset_changed_in_the_store_is_an_error():
    world = World()
    task = world.chunks()
    dataset = world.registry.version(REF).dataset
    world.datasets.objects[dataset.key] = json.dumps(CASES[0]).encode()

    with pytest.raises(DatasetChanged):
        world.evaluation.report(task)
    with pytest.raises(DatasetChanged):
        world.evaluation.plan(world.task())


def test_chunks_of_another_dataset_are_an_error():
    world = World()

    with pytest.raises(DatasetChanged, match="planned for dataset abc"):
        world.evaluation.chunk(
            world.task("chunk", dataset_sha256="abc", chunk={"chunk": 0, "first": 0, "count": 3})
        )


@pytest.mark.parametrize(
    "chunk", [None, {}, {"chunk": 0, "first": 6, "count": 2}, {"chunk": 0, "first": 0, "count": 0}]
)
def test_a_chunk_outside_the_dataset_is_an_error(chunk: dict[str, int] | None):
    world = World()

    with pytest.raises(EvaluationError):
        world.evaluation.chunk(world.task("chunk", evaluation_id="e", chunk=chunk))
    assert world.model.asked == []


def test_a_report_that_lacks_a_case_is_an_error():
    world = World()
    task = world.chunks()

    with pytest.raises(EvaluationError, match="6 results for 7 cases"):
        world.evaluation.report(replace(task, chunks=2))
    world.results.stored[task.evaluation_id, 2] = world.results.stored[task.evaluation_id, 1][:1]
    with pytest.raises(EvaluationError, match="7 results for 7 cases"):
        world.evaluation.report(task)
    assert world.registry.version(REF).evidence is None


def test_a_report_task_run_again_answers_the_same():
    world = World()
    task = world.chunks()

    assert world.evaluation.report(task) == world.evaluation.report(task)


def test_a_preview_grades_alike_and_is_no_evidence():
    cases = parse_dataset("\n".join(json.dumps(case) for case in CASES).encode(), ARTIFACT.variables)
    thresholds, model = Thresholds(0.8, 5), FakeModel(lambda _: "other")

    report = preview(ARTIFACT, cases, thresholds=thresholds, model=model, clock=FakeClock())

    world = World(lambda _: "other")
    world.run()
    assert report.cases == world.report.cases
    assert (report.binding.model_kind, report.version) == (PREVIEW, 0)
