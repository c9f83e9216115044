"""The ports of an evaluation, in memory: a model that answers as told, chunk results, reports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from promptops.domain.canonical import digest
from promptops.domain.errors import EvidenceMismatch
from promptops.domain.evaluation.chunk import MeasuredChunk
from promptops.domain.evaluation_history import SHOWN, EvaluationHistory, PastEvaluation
from promptops.domain.identifiers import PromptRef
from promptops.domain.question import ModelName, Question
from promptops.domain.report import Evidence, Report
from promptops.evaluation_ports import Answer, Embedded, RunStatus


class FakeModel:
    """Answers with what `answers` makes of the messages; remembers every request.

    Unless a test says otherwise that is what `says` makes of the last message.
    """

    def __init__(self, says: Callable[[str], str]) -> None:
        self.says = says
        self.answers: Callable[[Sequence[Mapping[str, str]]], str] = lambda messages: self.says(
            messages[-1]["content"]
        )
        self._lock = threading.Lock()
        self.asked: list[list[Mapping[str, str]]] = []

    def answer(self, question: Question) -> Answer:
        with self._lock:
            self.asked.append(list(question.messages))
        text = self.answers(question.messages)
        sent = len(question.messages[-1]["content"])
        return Answer(text, input_tokens=sent, output_tokens=len(text), latency_ms=5)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        return Embedded([[1.0] for _ in texts], sum(map(len, texts)))


class FakeChunkResults:
    def __init__(self) -> None:
        self.stored: dict[tuple[str, int], MeasuredChunk] = {}

    def store(self, run_id: str, chunk: int, measured: MeasuredChunk) -> None:
        self.stored[run_id, chunk] = measured

    def load(self, run_id: str, chunk: int) -> MeasuredChunk | None:
        return self.stored.get((run_id, chunk))


class FakeRuns:
    def __init__(self) -> None:
        self.runs: dict[str, RunStatus] = {}
        self.days: dict[str, float] = {}

    def begin(self, evaluation_id: str, cases: int) -> None:
        self.runs.setdefault(evaluation_id, RunStatus(cases, 0, 0, 0.0))

    def add(self, evaluation_id: str, day: str, *, done: int, passed: int, spent_usd: float) -> None:
        run = self.runs[evaluation_id]
        self.runs[evaluation_id] = RunStatus(
            run.cases, run.done + done, run.passed + passed, run.spent_usd + spent_usd
        )
        self.days[day] = self.spent_on(day) + spent_usd

    def status(self, evaluation_id: str) -> RunStatus | None:
        return self.runs.get(evaluation_id)

    def spent_on(self, day: str) -> float:
        return self.days.get(day, 0.0)


class FakeAssistants:
    """A judge that answers as told, and embeddings from a table."""

    def __init__(self, verdict: str = "", vectors: Mapping[str, Sequence[float]] | None = None) -> None:
        self._verdict = verdict
        self._vectors = vectors or {}
        self.asked: list[list[Mapping[str, str]]] = []

    def judge(self, messages: Sequence[Mapping[str, str]]) -> str:
        self.asked.append(list(messages))
        return self._verdict

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [self._vectors[text] for text in texts]


class FakeReports:
    """The first report of an evaluation stands."""

    def __init__(self) -> None:
        self.stored: dict[str, Report] = {}

    def store(self, report: Report) -> Evidence:
        first = self.stored.setdefault(report.evaluation_id, report)
        key = f"reports/{first.evaluation_id}.json"
        return Evidence(key, digest(first.to_dict()), first.verdict, first.score, first.finished_at)

    def load(self, evidence: Evidence) -> Report:
        for report in self.stored.values():
            if digest(report.to_dict()) == evidence.sha256:
                return report
        raise EvidenceMismatch("no report has these bytes")


class FakePastEvaluations:
    """Those of a FakeReports, the one stored last first."""

    def __init__(self, reports: FakeReports) -> None:
        self.reports = reports

    def of_version(self, ref: PromptRef) -> EvaluationHistory:
        found = [
            PastEvaluation(self.reports.store(report).key, report.verdict, report.score, report.finished_at)
            for report in self.reports.stored.values()
            if (report.prompt_id, report.version) == (ref.prompt_id, ref.version)
        ]
        return EvaluationHistory(len(found), found[::-1][:SHOWN])
