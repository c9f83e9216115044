"""The outside world as an evaluation sees it: models, results on the way, runs that are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from promptops.domain.evaluation.chunk import MeasuredChunk
from promptops.domain.evaluation_history import EvaluationHistory
from promptops.domain.identifiers import PromptRef
from promptops.domain.question import ModelName, Question


@dataclass(frozen=True)
class Answer:
    """What a model said; tokens as the provider counted them, `latency_ms` as the caller waited.

    `cached_input_tokens` are among the `input_tokens`. `cost_usd` is None where nobody knows the price.
    """

    text: str
    input_tokens: int
    output_tokens: int
    latency_ms: int
    cached_input_tokens: int = 0
    cost_usd: float | None = None


class Model(Protocol):
    def answer(self, question: Question) -> Answer:
        """Raises ModelUnavailable, Throttled, or ModelRefused for what would be the same if asked again.

        AccessRefused and EvaluationError say that no question at all would be answered.
        """


@dataclass(frozen=True)
class Embedded:
    """One vector a text, all of one dimension."""

    vectors: Sequence[Sequence[float]]
    input_tokens: int


class Embedder(Protocol):
    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        """Raises as Model does."""


class Provider(Model, Embedder, Protocol):
    """Whoever answers and embeds; what makes one patient or counts its cost is one too."""


@dataclass(frozen=True)
class RunStatus:
    """How far an evaluation has come; `spent_usd` counts what has a known price."""

    cases: int
    done: int
    passed: int
    spent_usd: float


class EvaluationRuns(Protocol):
    """How far each evaluation has come and what it has spent, and what each day has."""

    def begin(self, evaluation_id: str, cases: int) -> None:
        """So many cases are to be measured; harmless when it has begun."""

    def add(self, evaluation_id: str, day: str, *, done: int, passed: int, spent_usd: float) -> None:
        """Atomically, to the run and to the day (`2026-03-01`)."""

    def status(self, evaluation_id: str) -> RunStatus | None: ...

    def spent_on(self, day: str) -> float:
        """US dollars."""


class ChunkResults(Protocol):
    """Results of evaluation chunks, in the restricted bucket."""

    def store(self, run_id: str, chunk: int, measured: MeasuredChunk) -> None: ...

    def load(self, run_id: str, chunk: int) -> MeasuredChunk | None:
        """None where the chunk has not been stored."""


class PastEvaluations(Protocol):
    """Every evaluation of a version that left a report, whether or not anything rests on it."""

    def of_version(self, ref: PromptRef) -> EvaluationHistory:
        """All counted, the newest ten at most read."""
