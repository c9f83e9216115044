"""Promises of the meter: nothing is asked beyond a cap, and an unknown price is no price of zero."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from promptops.asking.spend import Caps, Meter, Metered, Spent
from promptops.domain.errors import ModelUnavailable, SpendCapReached
from promptops.domain.evaluation.prices import Price, PriceTable
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded

MODEL, UNKNOWN = ModelName("some-model", "somewhere"), ModelName("free-model", "somewhere")
#: An answer of 1,000 and 500 tokens costs two dollars.
PRICES = PriceTable({MODEL: Price(1000, 2000, "2026-03-01", "here", cached_input_usd=100)})


class Provider:
    def __init__(self, answer: Answer | None = None) -> None:
        self.asked = 0
        self._answer = answer or Answer("a", 1000, 500, 7)

    def answer(self, question: Question) -> Answer:
        self.asked += 1
        return self._answer

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        self.asked += 1
        return Embedded([[1.0] for _ in texts], 500)


def question(model: ModelName = MODEL) -> Question:
    return Question(model, [{"role": "user", "content": "hello"}])


def test_every_answer_says_what_it_cost():
    answer = Metered(Provider(), Meter(PRICES)).answer(question())

    assert (answer.text, answer.cost_usd) == ("a", 2.0)


def test_input_from_a_cache_costs_its_own_price():
    provider = Provider(Answer("a", 1000, 0, 7, cached_input_tokens=900))

    assert Metered(provider, Meter(PRICES)).answer(question()).cost_usd == pytest.approx(0.19)


def test_the_meter_counts_answers_and_embeddings_of_all_threads():
    meter = Meter(PRICES)
    metered = Metered(Provider(), meter)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: metered.answer(question()), range(50)))
    metered.embed(MODEL, ["x", "y"])

    usage = meter.usage()
    assert (usage.input_tokens, usage.output_tokens) == (50_500, 25_000)
    assert (usage.cost_usd, usage.prices_as_of) == (100.5, "2026-03-01")
    assert meter.spent_usd == 100.5


def test_an_unknown_price_makes_the_cost_unknown_and_not_zero():
    meter = Meter(PRICES)
    metered = Metered(Provider(), meter)

    known, unknown = metered.answer(question()), metered.answer(question(UNKNOWN))

    assert (known.cost_usd, unknown.cost_usd) == (2.0, None)
    assert (meter.usage().cost_usd, meter.usage().input_tokens, meter.spent_usd) == (None, 2000, 2.0)


@pytest.mark.parametrize(
    ("caps", "before", "said"),
    [
        (Caps(run_usd=5), Spent(), r"the run has spent at least 6\.00 of 5\.00 USD"),
        (Caps(run_usd=50, day_usd=10), Spent(1, 5), r"the day has spent at least 11\.00 of 10\.00 USD"),
        (Caps(run_usd=10), Spent(5, 5), r"the run has spent at least 11\.00 of 10\.00 USD"),
    ],
)
def test_at_a_cap_nothing_more_is_asked(caps: Caps, before: Spent, said: str):
    provider = Provider()
    metered = Metered(provider, Meter(PRICES, caps, before))
    for _ in range(3):
        metered.answer(question())

    for ask in (lambda: metered.answer(question()), lambda: metered.embed(MODEL, ["x"])):
        with pytest.raises(SpendCapReached, match=said) as raised:
            ask()
        assert "cdk.json" in raised.value.fix
    assert provider.asked == 3


def test_what_the_run_spent_before_counts_before_the_first_question():
    provider = Provider()

    with pytest.raises(SpendCapReached, match="evaluation_max_usd_per_run"):
        Metered(provider, Meter(PRICES, Caps(run_usd=25), Spent(run_usd=25))).answer(question())
    assert provider.asked == 0


@pytest.mark.parametrize("caps", [Caps(run_usd=1000), Caps(day_usd=1000)], ids=["run", "day"])
def test_with_a_cap_a_model_without_a_price_is_not_asked_at_all(caps: Caps):
    provider = Provider()
    meter = Meter(PRICES, caps)

    with pytest.raises(SpendCapReached, match="price of free-model is unknown") as raised:
        Metered(provider, meter).answer(question(UNKNOWN))
    with pytest.raises(SpendCapReached):
        meter.check_priced([MODEL, UNKNOWN])
    assert provider.asked == 0
    assert "prices" in raised.value.fix
    meter.check_priced([MODEL])
    Meter(PRICES).check_priced([UNKNOWN])


def test_a_question_without_an_answer_costs_nothing_that_is_known():
    class Down(Provider):
        def answer(self, question: Question) -> Answer:
            raise ModelUnavailable("down")

    meter = Meter(PRICES)

    with pytest.raises(ModelUnavailable):
        Metered(Down(), meter).answer(question())
    assert meter.usage().input_tokens == 0
