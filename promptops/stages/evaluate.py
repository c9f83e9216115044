"""evaluate: cases times model, graded, chunk by chunk, into the report that is evidence.

A model that does not answer is an error of the run and never a failed case. No text travels between the
tasks: each reads version, artifact and dataset again and checks their digests.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from promptops.asking.run import Asking, AskingRun
from promptops.asking.spend import Spent
from promptops.contract.messages import ChunkDone, EvaluateTask, EvaluationPlan, Reported, SampleDecision
from promptops.domain.dataset import Case
from promptops.domain.errors import (
    EvaluationError,
    EvaluationTooFew,
    ModelUnavailable,
    PromptOpsError,
    passing_codes,
)
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.chunk import MeasuredChunk
from promptops.domain.evaluation.cut import cut
from promptops.domain.evaluation.floors import Measured
from promptops.domain.evaluation.gate import enough
from promptops.domain.evaluation.reporting import Measurement, check_verdict
from promptops.domain.grader_set import GRADERS
from promptops.domain.question import ModelName
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.report import Baseline, Usage
from promptops.evaluation_ports import ChunkResults, EvaluationRuns
from promptops.measure import THREADS, Measure, measure
from promptops.ports import Clock, Registry, Reports, SecondsLeft
from promptops.subject import AGAIN, Subject, Subjects

log = logging.getLogger(__name__)

#: Results that an evaluation left behind when it stopped are taken up again for so long.
FRESH_HOURS = 72
#: So long before a function's end nothing more is asked, and so long before it nobody is waited for any more:
#: what is there has to be stored.
ENDING_SECONDS, STORING_SECONDS = 150, 30


@dataclass(frozen=True)
class Evaluation:
    """The tasks of an evaluation, each of which may be repeated. `kind_of` tells Bedrock from a stand-in."""

    subjects: Subjects
    registry: Registry
    results: ChunkResults
    reports: Reports
    runs: EvaluationRuns
    asking: Asking
    clock: Clock
    kind_of: Callable[[ModelName], str]
    chunk_cases: int
    threads: int = THREADS

    def plan(self, task: EvaluateTask) -> EvaluationPlan:
        """The chunks to run.

        Raises EvaluationEmpty, EvaluationTooFew, DatasetChanged or SpendCapReached before any model is asked.
        """
        subject = self.subjects.load(task)
        subject.check()
        cases, least = len(subject.outlines), subject.policy.thresholds.min_cases
        if cases < least:
            raise EvaluationTooFew(f"{cases} of {least} cases", "Add cases to cases.jsonl and publish.")
        started_at = self.clock.now()
        meter = self._run(subject, task.evaluation_id, started_at).meter
        for model in subject.models:
            meter.check(model)
        chunks = cut(subject.drawn.sample, cases, self.chunk_cases)
        self.runs.begin(task.evaluation_id, cases)
        evidence = subject.record.evidence
        return EvaluationPlan(
            dataset_sha256=subject.record.dataset.sha256,
            run_id=subject.fingerprint(
                graders=GRADERS,
                model_kind=self._kind(subject),
                chunk_cases=chunks.size,
                evidence=evidence.sha256 if evidence else "",
            ),
            sample=chunks.sample,
            rest=chunks.rest,
            sample_chunks=len(chunks.sample),
            chunks=len(chunks.sample) + len(chunks.rest),
            started_at=started_at,
        )

    def chunk(self, task: EvaluateTask, seconds_left: SecondsLeft = lambda: math.inf) -> ChunkDone:
        """One chunk, answered, graded and stored; only what no earlier run of it has measured is asked.

        Raises ModelUnavailable when any case got no answer and may get one yet, having stored the others.
        """
        subject = self.subjects.load(task)
        chunk = task.chunk or {}
        number, cases = chunk.get("chunk", 0), subject.cases(chunk.get("first", 0), chunk.get("count", 0))
        known = {case.case_id for case in self._stored(task.run_id, number).cases if not case.error}
        missing = [case for case in cases if case.case_id not in known]
        run, found = self._run(subject, task.evaluation_id, task.started_at), list[CaseResult]()
        live, kept = subject.beside(run.meter.can_hold), list[CaseResult]()
        try:
            measure(
                missing,
                CompiledPrompt(subject.artifact),
                CompiledPrompt(live) if live else None,
                by=Measure(
                    run.model,
                    run.assistants,
                    self.threads,
                    subject.policy.evaluation.repeats,
                    subject.policy.thresholds.min_pass_rate,
                    subject.quoting,
                    lambda: seconds_left() > ENDING_SECONDS,
                    seconds_left() - STORING_SECONDS,
                ),
                on_case=found.append,
            )
        finally:
            # Whatever ended it: what was answered was paid for.
            try:
                kept = self._keep(task.run_id, number, cases, found, run)
            finally:
                silent = [case for case in kept if case.error in _MAY_HEAL]
                whole = len(kept) == len(cases) and not silent
                self._count(task, kept if whole else [], run.meter.spent_usd)
        if silent:
            raise _unanswered(silent, len(cases))
        return ChunkDone(number, len(kept), _passed(kept))

    def decide(self, task: EvaluateTask) -> SampleDecision:
        """Whether the sample settles it, or the rest must be asked too."""
        if task.sample_chunks == task.chunks:
            return SampleDecision("report", task.chunks)
        subject = self.subjects.load(task)
        results, _ = self._measured(subject, task.run_id, task.sample_chunks)
        comparison = self._measurement(subject, task).comparison(results)
        measured = Measured(results, len(subject.outlines))
        go_on = enough(measured, subject.policy.thresholds, comparison, full=task.full)
        return SampleDecision(go_on, task.sample_chunks if go_on == "report" else task.chunks)

    def report(self, task: EvaluateTask) -> Reported:
        """The report over so many chunks, stored and linked; raises EvaluationError for no verdict."""
        subject = self.subjects.load(task)
        results, usage = self._measured(subject, task.run_id, task.chunks)
        report = check_verdict(self._measurement(subject, task).report(results, usage, self.clock.now()))
        evidence = self.reports.store(report)
        self.registry.link_evidence(subject.record.ref, evidence)
        return Reported(evidence.key, evidence.sha256, evidence.verdict, evidence.score)

    def _run(self, subject: Subject, evaluation_id: str, started_at: str) -> AskingRun:
        status = self.runs.status(evaluation_id)
        spent = Spent(status.spent_usd if status else 0.0, self.runs.spent_on(started_at[:10]))
        return self.asking.run(subject.policy.evaluation, before=spent)

    def _kind(self, subject: Subject) -> str:
        return self.kind_of(subject.models[0])

    def _measurement(self, subject: Subject, task: EvaluateTask) -> Measurement:
        record, baseline = subject.record, subject.baseline
        return Measurement(
            evaluation_id=task.evaluation_id,
            version=record.ref.version,
            artifact=subject.artifact,
            policy=record.policy,
            dataset_sha256=record.dataset.sha256,
            dataset_cases=len(subject.outlines),
            model_kind=self._kind(subject),
            started_at=task.started_at,
            against=task.against,
            baseline=Baseline(task.against, baseline.ref.version, baseline.sha256, baseline.model)
            if baseline
            else None,
        )

    def _stored(self, run_id: str, number: int) -> MeasuredChunk:
        """What is there of a chunk, nothing if it is too old to be taken up again."""
        stored = self.results.load(run_id, number)
        oldest = self.clock.later(-FRESH_HOURS)
        usable = stored is not None and stored.graders == GRADERS and stored.measured_at >= oldest
        return stored if stored and usable else MeasuredChunk((), Usage(cost_usd=0.0), self.clock.now())

    def _count(self, task: EvaluateTask, done: Sequence[CaseResult], spent_usd: float) -> None:
        """Add to run and day; worth no failure, and none may hide why the chunk ended."""
        run, day = task.evaluation_id, task.started_at[:10]
        try:
            self.runs.add(run, day, done=len(done), passed=_passed(done), spent_usd=spent_usd)
        except Exception as error:
            said = error.code if isinstance(error, PromptOpsError) else type(error).__name__
            log.error("%s: %.6f USD spent are not counted: %s", run, spent_usd, said)

    def _keep(
        self, run_id: str, number: int, cases: Sequence[Case], found: Sequence[CaseResult], run: AskingRun
    ) -> list[CaseResult]:
        """All there is of a chunk now, in its order; another run of the task may have stored meanwhile."""
        stored = self._stored(run_id, number)
        results = {case.case_id: case for case in stored.cases}
        results |= {case.case_id: case for case in found if not case.error or case.case_id not in results}
        kept = [results[case.case_id] for case in cases if case.case_id in results]
        if found:
            usage = Usage.total([stored.usage, run.meter.usage()])
            self.results.store(run_id, number, MeasuredChunk(tuple(kept), usage, stored.measured_at))
        return kept

    def _measured(self, subject: Subject, run_id: str, chunks: int) -> tuple[list[CaseResult], Usage]:
        """The results of the first chunks, in the dataset's order.

        Raises EvaluationError if one lacks, or was graded otherwise than the report would say.
        """
        stored = [self.results.load(run_id, number) for number in range(chunks)]
        if any(chunk.graders != GRADERS for chunk in stored if chunk):
            raise EvaluationError("the graders are others than when it began", AGAIN)
        results = [case for chunk in stored if chunk for case in chunk.cases]
        wanted = subject.order[: subject.drawn.sample], subject.order
        if [case.case_id for case in results] not in wanted:
            raise EvaluationError(f"{len(results)} results for {len(wanted[1])} cases", AGAIN)
        places = {item.case_id: place for place, item in enumerate(subject.outlines)}
        results.sort(key=lambda case: places[case.case_id])
        return results, Usage.total([chunk.usage for chunk in stored if chunk])


#: What a case that could not be measured says while asking again may help.
_MAY_HEAL = passing_codes()


def _passed(cases: Sequence[CaseResult]) -> int:
    return sum(case.passed for case in cases)


def _unanswered(silent: Sequence[CaseResult], cases: int) -> ModelUnavailable:
    said = next((reason for case in silent for reason in case.reasons), silent[0].error)
    return ModelUnavailable(
        f"{len(silent)} of {cases} cases got no answer: {said}",
        "What was answered is kept; start the evaluation again and the rest is asked.",
    )
