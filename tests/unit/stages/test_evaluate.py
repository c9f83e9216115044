"""Promises of evaluate: every case once, graded from what the model said, bound to bytes; else an error."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from promptops.asking.patience import Patience
from promptops.asking.run import Asking
from promptops.asking.spend import Caps
from promptops.contract.messages import EvaluateTask, EvaluationPlan, Reported
from promptops.domain.artifact import Artifact, Message
from promptops.domain.canonical import sha256
from promptops.domain.errors import (
    AccessRefused,
    BadInput,
    DatasetChanged,
    EndpointDown,
    EvaluationEmpty,
    EvaluationError,
    EvaluationTooFew,
    ModelRefused,
    ModelUnavailable,
    SpendCapReached,
    Throttled,
)
from promptops.domain.evaluation.chunk import MeasuredChunk
from promptops.domain.evaluation.cut import MAX_CHUNKS
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.evaluation.prices import Price, PriceTable
from promptops.domain.grader_set import GRADERS
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.question import ModelName
from promptops.domain.report import Baseline, Report
from promptops.domain.variables import Variable
from promptops.domain.version import Dataset, VersionRecord
from promptops.measure import THREADS
from promptops.stages.evaluate import FRESH_HOURS, STORING_SECONDS, Evaluation
from promptops.subject import Subjects
from tests.unit.fakes import FakeArtifacts, FakeClock, FakeDatasets, FakeRegistry
from tests.unit.fakes_evaluation import FakeChunkResults, FakeModel, FakeReports, FakeRuns

REF = PromptRef("support-ticket", 3)
LIVE = PromptRef("support-ticket", 2)
MODEL = ModelName("some-model")
PLAIN, UNCAPPED = Measuring(), Caps()
RUN = "prod-" + "7" * 32


def an_artifact(instruction: str = "Triage.") -> Artifact:
    messages = (Message("system", instruction), Message("user", "<{{ticket}}>"))
    return Artifact(REF.prompt_id, messages, MODEL.to_dict(), {"ticket": Variable()})


def a_case(name: str, **fields: object) -> dict[str, object]:
    asserts = [{"type": "contains", "value": name}, {"type": "word-count", "value": {"max": 3}, "weight": 3}]
    return {"id": name, "vars": {"ticket": f"canary {name}"}, "assert": asserts, **fields}


def cases_of(count: int) -> list[dict[str, object]]:
    return [a_case(f"case-{number}") for number in range(count)]


class World:
    """A published version, by default of 7 cases in chunks of 3, and what evaluates it."""

    def __init__(
        self,
        says: Callable[[str], str] = str,
        *,
        cases: Sequence[dict[str, object]] | None = None,
        min_score: float = 0.8,
        chunk_cases: int = 3,
        measuring: Measuring = PLAIN,
        sensitive: bool = False,
        caps: Caps = UNCAPPED,
        beside: Artifact | None = None,
        runs: FakeRuns | None = None,
    ) -> None:
        self.registry, self.datasets, self.artifacts = FakeRegistry(), FakeDatasets(), FakeArtifacts()
        self.results, self.reports, self.runs = FakeChunkResults(), FakeReports(), runs or FakeRuns()
        self.model, self.clock = FakeModel(says), FakeClock()
        content = "\n".join(json.dumps(case) for case in (cases_of(7) if cases is None else cases)).encode()
        key = self.datasets.store(content)
        count = content.count(b"\n") + 1 if content else 0
        self.dataset = Dataset(key, sha256(content), count, sensitive) if content else Dataset()
        self.policy = Policy("low", Thresholds(min_score, 5), measuring)
        self.publish(REF, an_artifact())
        if beside:
            self.publish(LIVE, beside)
        self.baseline = LIVE.version if beside else 0
        self.chunk_cases = chunk_cases
        prices = PriceTable({MODEL: Price(1.0, 2.0, "2026-02-01", "here")})
        self.asking = Asking(self.model, prices, caps, patience=Patience(attempts=1))
        self.evaluation = self.in_a_new_process()

    def publish(self, ref: PromptRef, artifact: Artifact) -> None:
        self.artifacts.create(ref, artifact.to_bytes())
        self.registry.rows[ref] = VersionRecord(
            ref=ref, sha256=artifact.digest(), size_bytes=1, object_version="o", source_sha256="s",
            model=MODEL.id, dataset=self.dataset, policy=self.policy, owner="o", description="", rationale="",
            tags=(), published_by=Actor("iam", "arn:alice"), authors=(), commit="",
            published_at="2026-03-01T10:00:00.000000Z",
        )  # fmt: skip

    def in_a_new_process(self) -> Evaluation:
        return Evaluation(
            Subjects(registry=self.registry, artifacts=self.artifacts, datasets=self.datasets),
            self.registry, self.results, self.reports, self.runs, self.asking, self.clock,
            kind_of=lambda model: "standin", chunk_cases=self.chunk_cases,
        )  # fmt: skip

    def task(self, name: str = "plan", *, request_id: str = RUN, full: bool = False) -> EvaluateTask:
        return EvaluateTask(
            name,  # type: ignore[arg-type]
            REF.prompt_id,
            REF.version,
            request_id,
            against="prod" if self.baseline else "",
            baseline=self.baseline,
            full=full,
        )

    def planned(self, task: EvaluateTask) -> tuple[EvaluationPlan, EvaluateTask]:
        """The plan, and what all tasks after it are told."""
        plan = self.evaluation.plan(task)
        return plan, replace(
            task,
            dataset_sha256=plan.dataset_sha256,
            run_id=plan.run_id,
            started_at=plan.started_at,
            sample_chunks=plan.sample_chunks,
            chunks=plan.chunks,
        )

    def measured(self, **asked) -> EvaluateTask:
        """Plans and runs the chunks as the workflow does; returns the task that is left."""
        plan, task = self.planned(self.task(**asked))
        for chunk in plan.sample:
            self.evaluation.chunk(replace(task, task="chunk", chunk=chunk))
        decision = self.evaluation.decide(replace(task, task="decide"))
        for chunk in plan.rest if decision.go_on == "rest" else ():
            self.evaluation.chunk(replace(task, task="chunk", chunk=chunk))
        return replace(task, task="report", chunks=decision.chunks)

    def run(self, **asked) -> Reported:
        return self.evaluation.report(self.measured(**asked))

    @property
    def report(self) -> Report:
        (report,) = self.reports.stored.values()
        return report

    @property
    def evidence(self):
        return self.registry.version(REF).evidence


def silent_about(*names: str, error: type[Exception] = ModelUnavailable) -> Callable[[str], str]:
    def says(text: str) -> str:
        if any(text == f"<canary {name}>" for name in names):
            raise error("some-model stopped with guardrail_intervened")
        return text

    return says


def test_the_chunks_cover_every_case_once_and_carry_no_text():
    world = World()

    plan = world.evaluation.plan(world.task())

    assert plan.sample == [
        {"chunk": 0, "first": 0, "count": 3},
        {"chunk": 1, "first": 3, "count": 3},
        {"chunk": 2, "first": 6, "count": 1},
    ]
    assert (plan.rest, plan.sample_chunks, plan.chunks) == ([], 3, 3)
    assert "canary" not in json.dumps(plan.to_dict())
    assert world.runs.status(RUN).cases == 7


def test_however_many_cases_there_are_the_chunks_are_few_enough_for_one_workflow():
    for cases in (1_000, 5_000, 20_000):
        world = World(cases=cases_of(cases), measuring=Measuring(sample=200))

        plan = world.evaluation.plan(world.task())

        chunks = [*plan.sample, *plan.rest]
        assert len(chunks) == plan.chunks <= MAX_CHUNKS
        assert [chunk["chunk"] for chunk in chunks] == list(range(plan.chunks))
        assert [chunk["first"] for chunk in chunks] == [
            sum(chunk["count"] for chunk in chunks[:number]) for number in range(plan.chunks)
        ]
        assert sum(chunk["count"] for chunk in plan.sample) == 200
        assert sum(chunk["count"] for chunk in chunks) == cases


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

    evidence, binding = world.evidence, world.report.binding
    assert (binding.content_sha256, binding.dataset_sha256) == (an_artifact().digest(), world.dataset.sha256)
    assert (binding.graders, binding.model_id, binding.model_kind) == (GRADERS, "some-model", "standin")
    assert (world.report.verdict, world.report.score) == ("pass", 1.0)
    assert [case.case_id for case in world.report.cases] == [f"case-{number}" for number in range(7)]
    assert (world.report.evaluation_id, world.report.dataset_cases) == (RUN, 7)
    assert world.report.started_at < world.report.finished_at
    assert (reported.report_key, reported.report_sha256) == (evidence.key, evidence.sha256)
    assert (reported.verdict, reported.score) == ("pass", 1.0)


def test_each_case_keeps_score_reasons_tokens_and_cost():
    world = World(lambda text: text if "case-1" not in text else "other")

    world.run()

    case, asked = world.report.cases[1], len("<canary case-1>")
    assert (case.score, case.passed, len(case.reasons)) == (0.75, False, 1)
    assert "case-1" in case.reasons[0]
    assert (case.input_tokens, case.output_tokens, case.latency_ms) == (asked, 5, 5)
    assert case.cost_usd == pytest.approx((asked * 1.0 + 5 * 2.0) / 1e6)


def test_a_report_of_sensitive_cases_holds_no_word_of_case_or_answer():
    for sensitive in (True, False):
        world = World(lambda text: f"{text} one two three four", sensitive=sensitive)
        world.run()

        assert "canary" not in json.dumps(world.report.to_dict())
        assert ("at most 3" in json.dumps(world.report.to_dict())) is not sensitive
        assert world.report.verdict == "fail"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"vars": {"canary": "t"}}, r"line 7: E_VARIABLE_UNKNOWN, not shown"),
        ({"assert": [{"type": "contains", "value": "{{canary}}"}]}, r"line 7: E_DATASET, not shown"),
        ({"assert": [{"type": "llm-rubric", "value": "canary"}]}, "case odd asserts llm-rubric"),
    ],
)
def test_sensitive_cases_that_do_not_fit_are_found_before_a_model_is_asked(wrong, problem):
    world = World(cases=[*cases_of(6), a_case("odd", **wrong)], sensitive=True)

    with pytest.raises(BadInput, match=problem) as raised:
        world.evaluation.plan(world.task())

    assert "canary" not in str(raised.value.to_dict())
    assert world.model.asked == []


def test_a_number_of_cases_that_prompt_yaml_got_wrong_is_an_error():
    world = World(sensitive=True)
    world.dataset = replace(world.dataset, cases=8)
    world.publish(REF, an_artifact())

    with pytest.raises(DatasetChanged, match=r"7 cases, prompt.yaml said 8"):
        world.evaluation.plan(world.task())


@pytest.mark.parametrize(("min_score", "verdict"), [(0.75, "pass"), (0.76, "fail")])
def test_the_score_must_reach_the_threshold(min_score: float, verdict: str):
    assert World(lambda _: "other", min_score=min_score).run().verdict == verdict


def test_a_mean_of_equal_scores_is_that_score():
    asserts = [{"type": "contains", "value": "a", "weight": 4}, {"type": "contains", "value": "b"}]
    cases = [{**a_case(f"case-{number}"), "assert": asserts} for number in range(10)]

    assert World(lambda _: "a", cases=cases, min_score=0.8).run().verdict == "pass"


def test_one_failed_critical_case_fails_a_good_score():
    cases = (*cases_of(6), a_case("case-6", critical=True))

    reported = World(lambda text: "other" if "case-6" in text else text, cases=cases).run()

    assert (reported.verdict, reported.score > 0.8) == ("fail", True)


def test_without_cases_or_with_too_few_no_model_is_asked():
    with pytest.raises(EvaluationEmpty):
        World(cases=()).run()
    world = World(cases=cases_of(4))
    with pytest.raises(EvaluationTooFew, match="4 of 5"):
        world.run()
    assert world.model.asked == []


def test_a_model_that_does_not_answer_is_an_error_and_no_verdict():
    world = World(silent_about("case-5"))

    with pytest.raises(ModelUnavailable, match=r"1 of 3 cases got no answer: .*guardrail_intervened"):
        world.run()

    assert world.reports.stored == {}
    assert world.evidence is None


def test_what_was_answered_is_kept_and_only_the_rest_is_asked_again():
    world = World(silent_about("case-4"))
    plan, task = world.planned(world.task())
    second = replace(task, task="chunk", chunk=plan.sample[1])
    with pytest.raises(ModelUnavailable):
        world.evaluation.chunk(second)
    world.model.asked.clear()

    world.model.says = str
    done = world.evaluation.chunk(second)

    assert [messages[-1]["content"] for messages in world.model.asked] == ["<canary case-4>"]
    assert (done.cases, done.passed) == (3, 3)


def test_a_second_evaluation_goes_on_where_the_first_one_stopped():
    world = World(silent_about("case-4"))
    with pytest.raises(ModelUnavailable):
        world.run()
    world.model.asked.clear()

    world.model.says = str
    reported = world.run(request_id="prod-" + "8" * 32)

    assert sorted(messages[-1]["content"] for messages in world.model.asked) == [
        "<canary case-4>",
        "<canary case-6>",
    ]
    assert (reported.verdict, len(world.report.cases)) == ("pass", 7)


def test_after_it_has_come_to_evidence_an_evaluation_asks_every_case_anew():
    world = World()
    world.run()
    world.model.asked.clear()

    world.run(request_id="prod-" + "8" * 32)

    assert len(world.model.asked) == 7


@pytest.mark.parametrize(
    "change", ["content", "dataset", "sensitive", "policy", "baseline", "graders", "time"]
)
def test_nothing_is_taken_up_that_was_measured_of_something_else_or_long_ago(change: str):
    world = World(silent_about("case-6"), beside=an_artifact("Be brief."))
    with pytest.raises(ModelUnavailable):
        world.run()
    world.model.asked.clear()
    world.model.says = str

    row = world.registry.rows[REF]
    match change:
        case "content":
            world.artifacts.objects[REF] = an_artifact("Other.").to_bytes()
            row = replace(row, sha256=an_artifact("Other.").digest())
        case "dataset":
            content = "\n".join(json.dumps(case) for case in reversed(cases_of(7))).encode()
            row = replace(row, dataset=Dataset(world.datasets.store(content), sha256(content), 7))
        case "sensitive":
            row = replace(row, dataset=replace(world.dataset, sensitive=True))
        case "graders":
            world.results.stored = {
                key: replace(chunk, graders="others") for key, chunk in world.results.stored.items()
            }
        case "policy":
            row = replace(row, policy=replace(world.policy, thresholds=Thresholds(0.5, 5)))
        case "baseline":
            world.baseline = 0
        case "time":
            world.clock.pass_hours(FRESH_HOURS + 1)
    world.registry.rows[REF] = row
    world.run(request_id="prod-" + "8" * 32)

    assert len(world.model.asked) == (7 if change == "baseline" else 14)


def test_a_chunk_done_twice_asks_nobody_and_changes_nothing():
    world = World()
    plan, task = world.planned(world.task())
    chunk = replace(task, task="chunk", chunk=plan.sample[0])
    first = world.evaluation.chunk(chunk)
    stored = dict(world.results.stored)
    world.model.asked.clear()

    again = world.evaluation.chunk(chunk)

    assert (again, world.results.stored, world.model.asked) == (first, stored, [])


def test_two_runs_of_one_chunk_at_a_time_lose_nothing():
    """One of them fails; what the other one stored meanwhile stays."""
    world = World(silent_about("case-1"))
    plan, task = world.planned(world.task())
    chunk = replace(task, task="chunk", chunk=plan.sample[0])
    faster = replace(world.in_a_new_process(), asking=Asking(FakeModel(str), patience=Patience(attempts=1)))

    def says(text: str) -> str:
        if text == "<canary case-1>":
            faster.chunk(chunk)
        return silent_about("case-1")(text)

    world.model.says = says
    done = world.evaluation.chunk(chunk)

    assert (done.cases, done.passed) == (3, 3)
    assert all(not case.error for case in world.results.load(task.run_id, 0).cases)


def test_what_would_never_be_answered_ends_in_no_verdict_and_names_the_codes():
    world = World(silent_about("case-2", "case-5", error=ModelRefused))

    with pytest.raises(EvaluationError, match=r"2 of 7 cases could not be measured: E_MODEL_REFUSED \(2\)"):
        world.run()

    assert (world.evidence, world.reports.stored) == (None, {})


def test_a_refused_model_ends_the_run_at_once_under_its_own_name():
    world = World(silent_about("case-0", error=AccessRefused))

    with pytest.raises(AccessRefused):
        world.run()
    assert len(world.model.asked) <= 3


def test_after_enough_silence_no_further_case_of_the_chunk_is_asked():
    def says(_text: str) -> str:
        raise ModelUnavailable("some-model is away")

    world = World(says, cases=cases_of(200), chunk_cases=200)

    with pytest.raises(ModelUnavailable, match="200 of 200 cases got no answer: some-model is away"):
        world.run()
    assert len(world.model.asked) <= 3 * THREADS


def test_a_chunk_whose_time_is_over_keeps_what_it_has():
    world = World(cases=cases_of(60), chunk_cases=60)
    plan, task = world.planned(world.task())
    # One look at the clock at the start, and one before each case.
    left = iter([600.0] * 21 + [10.0] * 100)

    with pytest.raises(ModelUnavailable, match="40 of 60 cases got no answer: the time is over"):
        world.evaluation.chunk(replace(task, task="chunk", chunk=plan.sample[0]), lambda: next(left))

    assert len([case for case in world.results.load(task.run_id, 0).cases if not case.error]) == 20


def test_a_chunk_does_not_wait_longer_than_its_function_lives():
    stored = threading.Event()

    def says(text: str) -> str:
        stored.wait(timeout=10)
        return text

    world = World(says)
    plan, task = world.planned(world.task())
    chunk = replace(task, task="chunk", chunk=plan.sample[0])
    left = iter([float(STORING_SECONDS)])
    with pytest.raises(ModelUnavailable, match="3 of 3 cases got no answer: the time is over"):
        world.evaluation.chunk(chunk, lambda: next(left, 600.0))
    stored.set()

    assert [case.error for case in world.results.load(task.run_id, 0).cases] == ["E_UNAVAILABLE"] * 3


def test_cases_of_a_chunk_run_at_the_same_time():
    together = threading.Barrier(7, timeout=10)

    def says(text: str) -> str:
        together.wait()
        return text

    assert World(says, chunk_cases=7).run().verdict == "pass"


def test_progress_and_spending_are_told_of_the_run_and_of_its_day():
    world = World(lambda text: text if "case-1" not in text else "other")

    world.run()

    status, cost = world.runs.status(RUN), sum(case.cost_usd for case in world.report.cases)
    assert (status.cases, status.done, status.passed) == (7, 7, 6)
    assert status.spent_usd == pytest.approx(cost)
    assert world.runs.spent_on(world.report.started_at[:10]) == pytest.approx(cost)
    usage = world.report.usage
    assert usage.cost_usd == pytest.approx(cost)
    assert usage.input_tokens == sum(case.input_tokens for case in world.report.cases)
    assert usage.prices_as_of == "2026-02-01"


def test_a_failed_attempt_costs_what_it_cost_and_its_cases_count_once():
    world = World(silent_about("case-1"))
    plan, task = world.planned(world.task())
    chunk = replace(task, task="chunk", chunk=plan.sample[0])
    with pytest.raises(ModelUnavailable):
        world.evaluation.chunk(chunk)
    failed = world.runs.status(RUN)
    world.model.says = str

    world.evaluation.chunk(chunk)

    assert (failed.done, failed.spent_usd > 0) == (0, True)
    assert (world.runs.status(RUN).done, world.runs.status(RUN).passed) == (3, 3)


def test_a_cap_stops_the_run_and_keeps_what_was_paid_for():
    cost = len("<canary case-0>") * 3 / 1e6
    world = World(caps=Caps(run_usd=4.5 * cost), chunk_cases=7)

    with pytest.raises(SpendCapReached):
        world.run()

    (stored,) = world.results.stored.values()
    assert 4 < len(stored.cases) + 1 <= 7
    assert world.runs.status(RUN).spent_usd == pytest.approx(len(stored.cases) * cost)
    asked = len(world.model.asked)
    with pytest.raises(SpendCapReached):
        world.run()
    assert len(world.model.asked) == asked


def test_what_another_run_of_the_day_spent_counts_before_anybody_is_asked():
    world = World(caps=Caps(day_usd=1.0))
    day = world.clock.now()[:10]
    world.runs.begin("another", 1)
    world.runs.add("another", day, done=1, passed=1, spent_usd=1.0)

    with pytest.raises(SpendCapReached, match="the day has spent"):
        world.evaluation.plan(world.task())
    assert world.model.asked == []


class RunsThatCannotBeAddedTo(FakeRuns):
    def add(self, evaluation_id: str, day: str, *, done: int, passed: int, spent_usd: float) -> None:
        raise Throttled("others are counting too")


def test_what_cannot_be_counted_is_said_in_the_log_and_hides_nothing(caplog: pytest.LogCaptureFixture):
    world = World(silent_about("case-5"), runs=RunsThatCannotBeAddedTo())

    with pytest.raises(ModelUnavailable, match="1 of 3 cases got no answer"):
        world.run()
    world.model.says = str
    assert world.run().verdict == "pass"

    costs = [f"{number * len('<canary case-0>') * 3 / 1e6:.6f}" for number in (3, 2, 0, 1, 1)]
    assert caplog.messages == [f"{RUN}: {cost} USD spent are not counted: E_THROTTLED" for cost in costs]


def test_what_was_spent_counts_also_where_the_answers_cannot_be_kept():
    class FullResults(FakeChunkResults):
        def store(self, run_id: str, chunk: int, measured: MeasuredChunk) -> None:
            raise EndpointDown("S3 does not answer")

    world = World()
    world.results = FullResults()
    world.evaluation = world.in_a_new_process()

    with pytest.raises(EndpointDown):
        world.run()

    status = world.runs.status(RUN)
    assert (status.done, status.spent_usd) == (0, pytest.approx(3 * len("<canary case-0>") * 3 / 1e6))


def test_both_versions_answer_the_same_cases_and_are_compared():
    def says(_text: str) -> str:
        return "nothing of it at all"

    world = World(beside=an_artifact("Be brief."))
    world.model.answers = lambda messages: (
        messages[-1]["content"] if messages[0]["content"] == "Triage." else says("")
    )

    world.run()

    live = world.registry.rows[LIVE]
    assert world.report.baseline == Baseline("prod", 2, live.sha256, "some-model")
    assert world.report.against == "prod"
    assert (world.report.comparison.pairs, world.report.comparison.difference) == (7, 1.0)
    assert all((case.live_score, case.live_passed) == (0.0, False) for case in world.report.cases)
    assert len(world.model.asked) == 14


def test_a_live_version_that_cannot_be_asked_any_more_keeps_nobody_from_a_verdict():
    for fault in ("lost", "mute", "other variables"):
        beside = an_artifact("Be brief.")
        if fault == "other variables":
            beside = replace(beside, variables={"question": Variable()})
            beside = replace(beside, messages=(Message("user", "{{question}}"),))
        world = World(beside=beside)
        if fault == "lost":
            del world.artifacts.objects[LIVE]

        def answers(messages, fault=fault):
            if fault == "mute" and messages[0]["content"] != "Triage.":
                raise ModelRefused("this model is no more")
            return messages[-1]["content"]

        world.model.answers = answers
        reported = world.run()

        assert reported.verdict == "pass"
        assert "0 of 7 cases have an answer of both versions" in world.report.comparison.impossible_because


def test_under_a_cap_a_live_version_without_a_price_is_left_out_and_may_be_replaced():
    nobody_knows = replace(an_artifact("Be brief."), model=ModelName("former-model").to_dict())
    capped, free = (World(beside=nobody_knows, caps=caps) for caps in (Caps(run_usd=1.0), Caps()))

    assert (capped.run().verdict, free.run().verdict) == ("pass", "pass")

    assert "0 of 7 cases have an answer of both versions" in capped.report.comparison.impossible_because
    assert (len(capped.model.asked), capped.report.usage.cost_usd is None) == (7, False)
    assert (len(free.model.asked), free.report.comparison.pairs) == (14, 7)


def test_under_a_cap_no_model_without_a_price_answers_or_judges():
    unpriced = ModelName("new-model")
    for measuring, artifact in (
        (Measuring(), replace(an_artifact(), model=unpriced.to_dict())),
        (Measuring(judge=unpriced), an_artifact()),
        (Measuring(embedder=unpriced), an_artifact()),
    ):
        world = World(measuring=measuring, caps=Caps(run_usd=1.0))
        world.artifacts.objects.clear()
        world.publish(REF, artifact)

        with pytest.raises(SpendCapReached, match="price of new-model is unknown"):
            world.run()
        assert world.model.asked == []


def test_a_pair_that_lacks_for_a_moment_is_asked_again_and_nothing_else():
    world = World(beside=an_artifact("Be brief."), chunk_cases=7)

    def answers(messages):
        if messages[0]["content"] != "Triage." and "case-5" in messages[-1]["content"]:
            raise Throttled("too many at a time")
        return messages[-1]["content"]

    world.model.answers = answers
    with pytest.raises(ModelUnavailable, match="1 of 7 cases got no answer: too many at a time"):
        world.run()
    world.model.asked.clear()

    world.model.answers = lambda messages: messages[-1]["content"]
    reported = world.run()

    assert [messages[-1]["content"] for messages in world.model.asked] == ["<canary case-5>"] * 2
    assert (reported.verdict, world.report.comparison.pairs) == ("pass", 7)


def test_a_sample_that_settles_it_is_enough_for_low_risk_and_not_where_all_is_asked_for():
    for full, asked in ((False, 20), (True, 100)):
        world = World(cases=cases_of(100), measuring=Measuring(sample=20))

        reported = world.run(full=full)

        assert (reported.verdict, len(world.report.cases)) == ("pass", asked)
        assert (len(world.model.asked), world.report.complete) == (asked, full)


def test_a_sample_that_fails_for_sure_ends_it_also_where_all_is_asked_for():
    world = World(
        lambda _: "not one of those words here", cases=cases_of(100), measuring=Measuring(sample=20)
    )

    assert world.run(full=True).verdict == "fail"
    assert len(world.model.asked) == 20


def test_a_sample_that_leaves_it_open_is_followed_by_the_rest():
    failing = [f"case-{number}" for number in range(100) if number % 5 == 0]
    says = lambda text: "a b c d" if text[8:-1] in failing else text  # noqa: E731
    world = World(says, cases=cases_of(100), measuring=Measuring(sample=20))

    world.run()

    assert (len(world.model.asked), world.report.complete) == (100, True)
    assert [case.case_id for case in world.report.cases] == [f"case-{number}" for number in range(100)]


def test_each_case_is_asked_as_often_as_policy_says():
    world = World(measuring=Measuring(repeats=3))

    world.run()

    assert len(world.model.asked) == 21
    assert world.report.measuring.repeats == 3


def test_a_dataset_changed_in_the_store_is_an_error():
    world = World()
    task = world.measured()
    world.datasets.objects[world.dataset.key] = json.dumps(a_case("case-0")).encode()
    world.evaluation = world.in_a_new_process()

    with pytest.raises(DatasetChanged):
        world.evaluation.report(task)
    with pytest.raises(DatasetChanged):
        world.evaluation.plan(world.task())


def test_a_dataset_is_read_once_a_process(monkeypatch):
    world, loads = World(), []
    load = world.datasets.load
    monkeypatch.setattr(world.datasets, "load", lambda *args: loads.append(args) or load(*args))

    world.run()

    assert len(loads) == 1


def test_chunks_of_another_dataset_are_an_error():
    world = World()

    with pytest.raises(DatasetChanged, match="planned for dataset abc"):
        world.evaluation.chunk(
            replace(world.task("chunk"), dataset_sha256="abc", chunk={"chunk": 0, "first": 0, "count": 3})
        )


@pytest.mark.parametrize(
    "chunk",
    [
        None,
        {},
        {"chunk": 0, "first": 6, "count": 2},
        {"chunk": 0, "first": 0, "count": 0},
        {"chunk": 0, "first": -3, "count": 2},
    ],
)
def test_a_chunk_outside_the_dataset_is_an_error(chunk: dict[str, int] | None):
    world = World()

    with pytest.raises(EvaluationError):
        world.evaluation.chunk(replace(world.task("chunk"), chunk=chunk))
    assert world.model.asked == []


def test_a_report_that_lacks_a_case_is_an_error():
    world = World()
    task = world.measured()

    with pytest.raises(EvaluationError, match="6 results for 7 cases"):
        world.evaluation.report(replace(task, chunks=2))
    stored = world.results.stored
    stored[task.run_id, 2] = replace(stored[task.run_id, 2], cases=stored[task.run_id, 1].cases[:1])
    with pytest.raises(EvaluationError, match="7 results for 7 cases"):
        world.evaluation.report(task)
    assert world.evidence is None


def test_results_of_other_graders_than_the_report_names_are_an_error():
    """The stack was deployed anew while the workflow ran."""
    world = World()
    task = world.measured()
    world.results.stored = {
        key: replace(chunk, graders="others") for key, chunk in world.results.stored.items()
    }

    with pytest.raises(EvaluationError, match="the graders are others"):
        world.evaluation.report(task)
    assert (world.reports.stored, world.evidence) == ({}, None)


def test_a_report_task_run_again_answers_the_same():
    world = World()
    task = world.measured()

    assert world.evaluation.report(task) == world.evaluation.report(task)
