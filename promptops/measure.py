"""Cases times versions times repeats, so many at a time: what each case came to."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from promptops.domain.dataset import Case, CaseGrade
from promptops.domain.errors import GraderUnavailable, PromptOpsError, SpendCapReached, Unavailable
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.repeats import errored, summed
from promptops.domain.graders.grading import Assistants, Output
from promptops.domain.question import Question
from promptops.domain.rendering import CompiledPrompt
from promptops.evaluation_ports import Answer, Model

THREADS = 8
#: So many questions in a row without an answer, and at least as many as are asked at a time, mean that nobody
#: is there: the rest is not asked.
SILENCE = 5

OnCase = Callable[[CaseResult], object]


@dataclass(frozen=True)
class Measure:
    """How cases are measured: asked of `model`, `repeats` times, `threads` at a time.

    Reasons quote assertions only if `quoting`. Once `go_on` says no, nothing more is asked; `ends_in_seconds`
    nobody is waited for any more. A case that is cut short by either gets an error.
    """

    model: Model
    assistants: Assistants
    threads: int = THREADS
    repeats: int = 1
    min_pass_rate: float = 1.0
    quoting: bool = True
    go_on: Callable[[], bool] = field(default=lambda: True)
    ends_in_seconds: float = math.inf


def measure(
    cases: Sequence[Case],
    candidate: CompiledPrompt,
    live: CompiledPrompt | None,
    *,
    by: Measure,
    on_case: OnCase = lambda result: None,
) -> list[CaseResult]:
    """A result for each case, in the order of the cases; `on_case` hears of each as soon as it is there.

    A case whose model or grader gave up has an `error`. What would hit every case alike ends the run and is
    raised: SpendCapReached, AccessRefused, any other EvaluationError. Where the live version gives up for
    good, its score is left out; where it may answer yet, the case has an error. A KeyboardInterrupt does not
    wait for the questions that are under way.
    """
    sides = _Sides(by, _Side(candidate, by), _Side(live, by) if live else None)
    found: list[CaseResult | None] = [None] * len(cases)
    for position, result in _each(cases, sides.measure, by.threads, time.monotonic() + by.ends_in_seconds):
        found[position] = result
        on_case(result)
    for position, case in enumerate(cases):
        if found[position] is None:
            found[position] = late = sides.late(case)
            on_case(late)
    return [result for result in found if result is not None]


class _Side:
    """One version, and whether anybody still answers for it."""

    def __init__(self, prompt: CompiledPrompt, by: Measure) -> None:
        self.prompt = prompt
        self._enough = max(SILENCE, by.threads)
        self._silences = 0
        self.problem: PromptOpsError | None = None

    @property
    def silent(self) -> bool:
        return self._silences >= self._enough

    @property
    def gone(self) -> bool:
        """Whether it is silent for good."""
        return self.silent and self.problem is not None and not self.problem.retryable

    def heard(self) -> None:
        self._silences = 0

    def heard_nothing(self, problem: PromptOpsError) -> None:
        # Threads may lose a count to each other; then it takes one question more.
        self._silences += 1
        self.problem = problem


@dataclass(frozen=True)
class _Sides:
    by: Measure
    candidate: _Side
    live: _Side | None

    def measure(self, case: Case) -> CaseResult:
        problem = self._silence()
        if problem:
            return self._error(case, problem)
        if not self.by.go_on():
            return self.late(case)
        try:
            graded = self._graded(case, self.candidate)
        except Unavailable as error:
            self.candidate.heard_nothing(error)
            return self._error(case, error)
        except GraderUnavailable as error:
            return self._error(case, error)
        except _TimeOver:
            return self.late(case)
        try:
            beside = self._beside(case)
        except Unavailable as error:
            return self._error(case, error)
        except _TimeOver:
            return self.late(case)
        return summed(case, graded, beside, quoting=self.by.quoting, min_pass_rate=self.by.min_pass_rate)

    def late(self, case: Case) -> CaseResult:
        """What becomes of a case for which there was no time."""
        return self._error(case, Unavailable("the time is over"))

    def _silence(self) -> PromptOpsError | None:
        """Why a case need not be asked any more: what it would end with."""
        if self.candidate.silent:
            return self.candidate.problem
        live = self.live
        return live.problem if live and live.silent and not live.gone else None

    def _beside(self, case: Case) -> list[tuple[Answer, CaseGrade]]:
        """The live version's part, empty where it gave up for good.

        Raises Unavailable while it may answer yet: left out, the pair would lack for ever.
        """
        if self.live is None or self.live.gone:
            return []
        try:
            return self._graded(case, self.live)
        except SpendCapReached:
            raise
        except PromptOpsError as error:
            self.live.heard_nothing(error)
            if error.retryable:
                raise
            return []

    def _graded(self, case: Case, side: _Side) -> list[tuple[Answer, CaseGrade]]:
        question = Question.of(side.prompt.artifact, side.prompt.render(case.variables))
        graded = []
        for repeat in range(self.by.repeats):
            if (repeat or side is self.live) and not self.by.go_on():
                raise _TimeOver
            answer = self.by.model.answer(question)
            output = Output(answer.text, case.variables, answer.latency_ms, answer.cost_usd)
            graded.append((answer, case.grade(output, self.by.assistants)))
        side.heard()
        return graded

    def _error(self, case: Case, error: PromptOpsError) -> CaseResult:
        return errored(case, error.code, error.what if self.by.quoting else "")


class _TimeOver(Exception):
    """Raised between the questions of one case."""


def _each(
    cases: Sequence[Case], do: Callable[[Case], CaseResult], threads: int, end: float
) -> Iterator[tuple[int, CaseResult]]:
    """Position and result of the cases as they come; raises what stopped a thread, once all have ended.

    At `end`, of the monotonic clock, whoever still waits for an answer is left to it.
    """
    waiting = iter(enumerate(cases))
    taking, over = threading.Lock(), threading.Event()
    done: SimpleQueue[tuple[int, CaseResult] | BaseException | None] = SimpleQueue()

    def work() -> None:
        try:
            while not over.is_set():
                with taking:
                    position, case = next(waiting, (-1, None))
                if case is None:
                    break
                done.put((position, do(case)))
        except BaseException as error:
            over.set()
            done.put(error)
        done.put(None)

    # Daemons: who presses Ctrl-C is not kept waiting for answers that nobody will read.
    workers = [threading.Thread(target=work, daemon=True) for _ in range(min(threads, len(cases)))]
    for worker in workers:
        worker.start()
    running, problem = len(workers), None
    try:
        while running:
            try:
                item = done.get(timeout=min(max(end - time.monotonic(), 0), threading.TIMEOUT_MAX))
            except Empty:
                break
            if item is None:
                running -= 1
            elif isinstance(item, BaseException):
                problem = problem or item
            else:
                yield item
    finally:
        over.set()
    if problem:
        raise problem
