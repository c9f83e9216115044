"""Promises of judge and embedder: the models the prompt names, counted and paced like every other."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from promptops.asking.patience import Patience
from promptops.asking.run import Asking
from promptops.asking.spend import Caps
from promptops.domain.errors import GraderUnavailable, ModelUnavailable, SpendCapReached
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.evaluation.prices import Price, PriceTable
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded
from tests.unit.asking.fake_timer import FakeTimer

JUDGE, EMBEDDER = ModelName("judge"), ModelName("embedder")
MEASURING = Measuring(judge=JUDGE, embedder=EMBEDDER)
ASKED = [{"role": "user", "content": "is this polite?"}]
PRICE = Price(1_000_000, 1_000_000, "2026-03-01", "here")


class Provider:
    def __init__(self, troubles: int = 0) -> None:
        self.questions: list[Question] = []
        self.texts: list[Sequence[str]] = []
        self._troubles = troubles

    def answer(self, question: Question) -> Answer:
        self.questions.append(question)
        if len(self.questions) <= self._troubles:
            raise ModelUnavailable("judge answered 503")
        return Answer("yes", 1, 1, 5)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        self.texts.append(texts)
        return Embedded([[1.0, 0.0] for _ in texts], 2)


def asking(provider: Provider, **more: object) -> Asking:
    prices = PriceTable({JUDGE: PRICE, EMBEDDER: PRICE})
    return Asking(provider, prices, patience=Patience(first_wait_seconds=0), timer=FakeTimer(), **more)


def test_the_judge_is_the_prompts_own_and_left_to_chance_as_little_as_possible():
    provider = Provider()

    assert asking(provider).run(MEASURING).assistants.judge(ASKED) == "yes"
    (asked,) = provider.questions
    assert (asked.model, asked.messages, asked.parameters["temperature"]) == (JUDGE, ASKED, 0)


def test_the_embedder_is_the_prompts_own():
    provider = Provider()

    vectors = asking(provider).run(MEASURING).assistants.embed(["x", "y"])

    assert (vectors, provider.texts) == ([[1.0, 0.0], [1.0, 0.0]], [["x", "y"]])


def test_without_one_the_assertion_cannot_run_and_nobody_is_asked():
    provider = Provider()
    assistants = asking(provider).run(Measuring()).assistants

    with pytest.raises(GraderUnavailable, match="needs a judge"):
        assistants.judge(ASKED)
    with pytest.raises(GraderUnavailable, match="needs an embedder"):
        assistants.embed(["x"])
    assert (provider.questions, provider.texts) == ([], [])


def test_what_they_cost_counts_and_stops_at_the_cap():
    run = asking(Provider(), caps=Caps(run_usd=4)).run(MEASURING)
    run.assistants.judge(ASKED)
    run.assistants.embed(["x"])

    assert run.meter.spent_usd == 4.0
    with pytest.raises(SpendCapReached):
        run.assistants.judge(ASKED)


def test_a_judge_in_trouble_is_asked_again():
    provider = Provider(troubles=2)

    assert asking(provider).run(MEASURING).assistants.judge(ASKED) == "yes"
    assert len(provider.questions) == 3


def test_each_run_has_a_retry_budget_and_a_meter_to_itself():
    shared = asking(Provider())
    first, second = shared.run(MEASURING), shared.run(MEASURING)

    first.assistants.judge(ASKED)

    assert (first.meter.spent_usd, second.meter.spent_usd) == (2.0, 0.0)
