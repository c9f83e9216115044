"""Promises of patience: what may help is tried again, a little, and a dead provider is not stormed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from promptops.asking.pace import Pace
from promptops.asking.patience import RETRY_AFTER, Patience, Patient, RetryBudget
from promptops.domain.errors import (
    AccessRefused,
    EvaluationError,
    ModelRefused,
    ModelUnavailable,
    PromptOpsError,
    Throttled,
)
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded
from tests.unit.asking.fake_timer import FakeTimer

MODEL = ModelName("some-model")
QUESTION = Question(MODEL, [{"role": "user", "content": "hello"}])
DOWN = ModelUnavailable("some-model answered 503")


class Provider:
    """Raises what it is given, one after the other, and then answers."""

    def __init__(self, *problems: PromptOpsError, takes: Callable[[], None] = lambda: None) -> None:
        self._problems = list(problems)
        self._takes = takes
        self._lock = threading.Lock()
        self.asked = 0

    def answer(self, question: Question) -> Answer:
        self._next()
        return Answer("a", 1, 1, 1)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        self._next()
        return Embedded([[1.0] for _ in texts], 1)

    def _next(self) -> None:
        with self._lock:
            self.asked += 1
            self._takes()
            if self._problems:
                raise self._problems.pop(0)


def patient(provider: Provider, timer: FakeTimer, *, share: float = 1.0, **more: object) -> Patient:
    given = {"budget": RetryBudget(reserve=100), **more}
    return Patient(provider, timer=timer, share=lambda: share, **given)


@pytest.mark.parametrize("problem", [DOWN, Throttled("slow down")], ids=["down", "throttled"])
def test_a_passing_trouble_is_waited_for(problem: PromptOpsError):
    provider, timer = Provider(problem, problem), FakeTimer()

    assert patient(provider, timer).answer(QUESTION).text == "a"
    assert (provider.asked, timer.slept) == (3, [0.5, 1.0])


def test_embeddings_are_asked_for_again_alike():
    provider, timer = Provider(DOWN), FakeTimer()

    assert patient(provider, timer).embed(MODEL, ["x"]).vectors == [[1.0]]
    assert provider.asked == 2


def test_after_the_last_attempt_its_error_is_raised():
    provider = Provider(*[DOWN] * 9)

    with pytest.raises(ModelUnavailable):
        patient(provider, FakeTimer(), patience=Patience(attempts=3)).answer(QUESTION)
    assert provider.asked == 3


@pytest.mark.parametrize(
    "problem",
    [ModelRefused("answered 400"), AccessRefused("answered 401"), EvaluationError("no such parameter")],
    ids=lambda problem: type(problem).__name__,
)
def test_what_would_be_the_same_again_is_not_asked_again(problem: PromptOpsError):
    provider, timer = Provider(problem), FakeTimer()

    with pytest.raises(type(problem)):
        patient(provider, timer).answer(QUESTION)
    assert (provider.asked, timer.slept) == (1, [])


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_waits_are_a_random_share_of_a_doubling_one_up_to_a_longest(share: float):
    provider, timer = Provider(*[DOWN] * 7), FakeTimer()
    patience = Patience(attempts=8, first_wait_seconds=1, longest_wait_seconds=10)

    patient(provider, timer, share=share, patience=patience).answer(QUESTION)

    assert timer.slept == [share * wait for wait in (1, 2, 4, 8, 10, 10, 10)]


def test_a_provider_that_says_how_long_to_wait_is_obeyed():
    provider, timer = Provider(Throttled("slow down", "", **{RETRY_AFTER: 7})), FakeTimer()

    patient(provider, timer).answer(QUESTION)

    assert timer.slept == [7]


def test_no_attempt_begins_after_the_deadline():
    timer = FakeTimer()

    def forty_seconds() -> None:
        timer.moment += 40

    provider = Provider(*[DOWN] * 9, takes=forty_seconds)

    with pytest.raises(ModelUnavailable):
        patient(provider, timer, patience=Patience(attempts=9, deadline_seconds=100)).answer(QUESTION)
    assert provider.asked == 3


def test_a_wait_that_ends_after_the_deadline_is_not_begun():
    provider, timer = Provider(Throttled("slow down", "", **{RETRY_AFTER: 300})), FakeTimer()

    with pytest.raises(Throttled):
        patient(provider, timer).answer(QUESTION)
    assert (provider.asked, timer.slept) == (1, [])


def test_ten_thousand_questions_to_a_dead_provider_are_not_forty_thousand():
    provider, timer = Provider(*[DOWN] * 50_000), FakeTimer()
    run = patient(provider, timer, budget=RetryBudget())

    def ask(_: int) -> None:
        with pytest.raises(ModelUnavailable):
            run.answer(QUESTION)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(10_000)))

    assert 11_000 <= provider.asked <= 12_010


def test_a_few_troubles_at_the_start_of_a_run_do_not_end_it():
    provider, timer = Provider(*[DOWN] * 3), FakeTimer()

    assert patient(provider, timer, budget=RetryBudget()).answer(QUESTION).text == "a"


def test_every_attempt_takes_its_turn_in_the_pace():
    provider, timer = Provider(DOWN), FakeTimer()

    patient(provider, timer, share=0.0, pace=Pace({MODEL: 6}, timer=timer)).answer(QUESTION)

    assert timer.slept == [0, 10]
