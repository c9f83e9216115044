"""The ports of an evaluation, in memory: a model that answers as told, chunk results, reports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from promptops.domain.artifact import Artifact
from promptops.domain.canonical import digest
from promptops.domain.errors import EvaluationError, EvidenceMismatch
from promptops.domain.report import CaseResult, Evidence, Report
from promptops.ports import Answer


class FakeModel:
    """Answers with what `says` makes of the last message; remembers every request."""

    def __init__(self, says: Callable[[str], str]) -> None:
        self._says = says
        self._lock = threading.Lock()
        self.asked: list[list[Mapping[str, str]]] = []

    def answer(self, artifact: Artifact, messages: Sequence[Mapping[str, str]]) -> Answer:
        with self._lock:
            self.asked.append(list(messages))
        text = self._says(messages[-1]["content"])
        return Answer(text, input_tokens=len(messages[-1]["content"]), output_tokens=len(text), latency_ms=5)


class FakeChunkResults:
    def __init__(self) -> None:
        self.stored: dict[tuple[str, int], list[CaseResult]] = {}

    def store(self, evaluation_id: str, chunk: int, results: Sequence[CaseResult]) -> None:
        self.stored[evaluation_id, chunk] = list(results)

    def load(self, evaluation_id: str, chunk: int) -> Sequence[CaseResult]:
        if (evaluation_id, chunk) not in self.stored:
            raise EvaluationError(f"chunk {chunk} has no results")
        return self.stored[evaluation_id, chunk]


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
