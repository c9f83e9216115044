"""evaluate: cases times model, graded, chunk by chunk, into the report that is evidence.

A model that does not answer is an error of the run and never a failed case. No text travels between the
tasks: each reads version, artifact and dataset again and checks their digests.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass

from promptops.contract.messages import ChunkDone, EvaluateTask, EvaluationPlan, Reported
from promptops.domain.artifact import Artifact
from promptops.domain.dataset import Case, parse_dataset
from promptops.domain.errors import DatasetChanged, EvaluationEmpty, EvaluationError, EvaluationTooFew
from promptops.domain.graders import GRADERS
from promptops.domain.identifiers import PromptRef
from promptops.domain.policy import Thresholds
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.report import Binding, CaseResult, Report
from promptops.domain.version import VersionRecord
from promptops.ports import Artifacts, ChunkResults, Clock, Datasets, Model, Registry, Reports

THREADS = 8
#: The model kind of what was evaluated outside the release line: evidence nowhere.
PREVIEW = "preview"


@dataclass(frozen=True)
class Evaluation:
    """The three tasks of an evaluation. `model_kind` tells evidence by Bedrock from a stand-in's."""

    registry: Registry
    artifacts: Artifacts
    datasets: Datasets
    results: ChunkResults
    reports: Reports
    model: Model
    clock: Clock
    model_kind: str
    chunk_cases: int
    threads: int = THREADS

    def plan(self, task: EvaluateTask) -> EvaluationPlan:
        """The chunks to run.

        Raises EvaluationEmpty, EvaluationTooFew or DatasetChanged before any model is asked.
        """
        subject = self._subject(task)
        cases, least = len(subject.cases), subject.record.policy.thresholds.min_cases
        if cases < least:
            raise EvaluationTooFew(f"{cases} of {least} cases", "Add cases to cases.jsonl and publish.")
        chunks = [
            {"chunk": chunk, "first": first, "count": min(self.chunk_cases, cases - first)}
            for chunk, first in enumerate(range(0, cases, self.chunk_cases))
        ]
        return EvaluationPlan(
            evaluation_id=secrets.token_hex(16),
            dataset_sha256=subject.record.dataset.sha256,
            chunks=list(chunks),
            chunk_count=len(chunks),
            started_at=self.clock.now(),
        )

    def chunk(self, task: EvaluateTask) -> ChunkDone:
        """One chunk, answered, graded and stored; raises ModelUnavailable when any case got no answer."""
        subject = self._subject(task)
        chunk = task.chunk or {}
        first, count = chunk.get("first", 0), chunk.get("count", 0)
        cases = subject.cases[first : first + count]
        if not count or len(cases) != count:
            raise EvaluationError(
                f"the dataset has no {count} cases from case {first}", "Start the evaluation again."
            )
        results = run_cases(subject.artifact, cases, model=self.model, threads=self.threads)
        self.results.store(task.evaluation_id, chunk["chunk"], results)
        return ChunkDone(chunk["chunk"], len(results), sum(result.passed for result in results))

    def report(self, task: EvaluateTask) -> Reported:
        """The report over all chunks, stored and linked; raises EvaluationError if a case lacks."""
        subject = self._subject(task)
        record = subject.record
        results = [
            result for chunk in range(task.chunks) for result in self.results.load(task.evaluation_id, chunk)
        ]
        if [result.case_id for result in results] != [case.case_id for case in subject.cases]:
            raise EvaluationError(
                f"{len(results)} results for {len(subject.cases)} cases", "Start the evaluation again."
            )
        evidence = self.reports.store(
            Report(
                evaluation_id=task.evaluation_id,
                prompt_id=record.ref.prompt_id,
                version=record.ref.version,
                binding=Binding(
                    record.sha256,
                    record.dataset.sha256,
                    GRADERS,
                    subject.artifact.model["id"],
                    self.model_kind,
                ),
                thresholds=record.policy.thresholds,
                cases=tuple(results),
                started_at=task.started_at,
                finished_at=self.clock.now(),
            )
        )
        self.registry.link_evidence(record.ref, evidence)
        return Reported(evidence.key, evidence.sha256, evidence.verdict, evidence.score)

    def _subject(self, task: EvaluateTask) -> _Subject:
        record = self.registry.version(PromptRef(task.prompt_id, task.version))
        dataset = record.dataset
        if not dataset.key:
            raise EvaluationEmpty(f"{record.ref} was published without cases", "Add cases.jsonl and publish.")
        if task.dataset_sha256 not in ("", dataset.sha256):
            raise DatasetChanged(
                f"planned for dataset {task.dataset_sha256[:12]}, the version has {dataset.sha256[:12]}",
                "Start the evaluation again.",
            )
        artifact = self.artifacts.load(record)
        return _Subject(
            record,
            artifact,
            parse_dataset(self.datasets.load(dataset.key, dataset.sha256), artifact.variables),
        )


@dataclass(frozen=True)
class _Subject:
    record: VersionRecord
    artifact: Artifact
    cases: tuple[Case, ...]


def preview(
    artifact: Artifact, cases: Sequence[Case], *, thresholds: Thresholds, model: Model, clock: Clock
) -> Report:
    """How an unpublished prompt does on its cases: a report of version 0, stored nowhere and no evidence.

    Raises ModelUnavailable when any case got no answer.
    """
    started_at = clock.now()
    results = run_cases(artifact, cases, model=model, threads=THREADS)
    return Report(
        evaluation_id=PREVIEW,
        prompt_id=artifact.prompt_id,
        version=0,
        binding=Binding(artifact.digest(), "", GRADERS, artifact.model["id"], PREVIEW),
        thresholds=thresholds,
        cases=tuple(results),
        started_at=started_at,
        finished_at=clock.now(),
    )


def run_cases(artifact: Artifact, cases: Sequence[Case], *, model: Model, threads: int) -> list[CaseResult]:
    """The results in the order of the cases, so many asked at a time; the first error ends it all."""
    prompt = CompiledPrompt(artifact)
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = [pool.submit(_run_case, prompt, case, model) for case in cases]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(cancel_futures=True)
    for future in done:
        future.result()
    return [future.result() for future in futures]


def _run_case(prompt: CompiledPrompt, case: Case, model: Model) -> CaseResult:
    answer = model.answer(prompt.artifact, prompt.render(case.variables))
    grade = case.grade(answer.text)
    return CaseResult(
        case_id=case.case_id,
        score=grade.score,
        passed=grade.passed,
        critical=case.critical,
        reasons=grade.reasons,
        latency_ms=answer.latency_ms,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
    )
