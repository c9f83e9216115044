"""What a run costs, counted answer by answer, and the caps at which it stops."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from promptops.domain.errors import SpendCapReached
from promptops.domain.evaluation.prices import PriceTable
from promptops.domain.question import ModelName, Question
from promptops.domain.report import Usage
from promptops.evaluation_ports import Answer, Embedded, Provider


@dataclass(frozen=True)
class Caps:
    """US dollars; None is no cap."""

    run_usd: float | None = None
    day_usd: float | None = None

    @property
    def any(self) -> bool:
        return self.run_usd is not None or self.day_usd is not None


@dataclass(frozen=True)
class Spent:
    """US dollars that the run and the day had spent before this process began."""

    run_usd: float = 0.0
    day_usd: float = 0.0


class Meter:
    """Tokens and cost of all that is asked through it; shared by all threads of a run.

    A cap is passed by what is under way when it is reached: by a question a thread here and, because what
    other processes of the run and the day spend is known only up to when this one began, by all that those
    spend on the chunks they are at.
    """

    def __init__(self, prices: PriceTable, caps: Caps | None = None, before: Spent | None = None) -> None:
        self._prices = prices
        self._caps = caps or Caps()
        self._before = before or Spent()
        self._lock = threading.Lock()
        self._input_tokens = self._output_tokens = 0
        self._usd = 0.0
        self._unpriced: set[ModelName] = set()
        self._asked: set[ModelName] = set()

    def can_hold(self, model: ModelName) -> bool:
        """Whether the caps can be kept with this model: there is none, or its price is known."""
        return not self._caps.any or self._prices.of(model) is not None

    def check_priced(self, models: Iterable[ModelName]) -> None:
        """Raises SpendCapReached if there is a cap and the price of one of these is unknown."""
        for model in models:
            if not self.can_hold(model):
                raise SpendCapReached(
                    f"the price of {model.id} is unknown, so no spend cap can hold",
                    "Give it prices under models in cdk.json (for a preview: --price), or lift the caps "
                    'with "none".',
                )

    def check(self, model: ModelName) -> None:
        """Raises SpendCapReached when nothing more may be spent."""
        self.check_priced((model,))
        spent = self._usd
        for what, before, cap, setting in (
            ("run", self._before.run_usd, self._caps.run_usd, "evaluation_max_usd_per_run"),
            ("day", self._before.day_usd, self._caps.day_usd, "evaluation_max_usd_per_day"),
        ):
            if cap is not None and before + spent >= cap:
                raise SpendCapReached(
                    f"the {what} has spent at least {_amount(before + spent)} of {_amount(cap)} USD",
                    f"Raise {setting} in cdk.json and deploy (for a preview: --max-usd), or evaluate less.",
                )

    def count(
        self, model: ModelName, input_tokens: int, output_tokens: int, cached_input_tokens: int = 0
    ) -> float | None:
        """What it cost, None where nobody knows."""
        price = self._prices.of(model)
        usd = price.cost_usd(input_tokens, output_tokens, cached_input_tokens) if price else None
        with self._lock:
            self._input_tokens += input_tokens
            self._output_tokens += output_tokens
            self._asked.add(model)
            if usd is None:
                self._unpriced.add(model)
            else:
                self._usd += usd
        return usd

    @property
    def spent_usd(self) -> float:
        """By this meter, of what has a known price."""
        return self._usd

    def usage(self) -> Usage:
        """All that was counted; the cost is None as soon as one price was unknown."""
        with self._lock:
            return Usage(
                self._input_tokens,
                self._output_tokens,
                None if self._unpriced else self._usd,
                self._prices.as_of(self._asked),
            )


class Metered:
    """A provider that stops at the caps and puts on every answer what it cost."""

    def __init__(self, provider: Provider, meter: Meter) -> None:
        self._provider = provider
        self._meter = meter

    def answer(self, question: Question) -> Answer:
        """Raises SpendCapReached, before anything is asked, beside what the provider raises."""
        self._meter.check(question.model)
        answer = self._provider.answer(question)
        cost = self._meter.count(
            question.model, answer.input_tokens, answer.output_tokens, answer.cached_input_tokens
        )
        return replace(answer, cost_usd=cost)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        self._meter.check(model)
        embedded = self._provider.embed(model, texts)
        self._meter.count(model, embedded.input_tokens, 0)
        return embedded


def _amount(usd: float) -> str:
    """To the cent; what is less than ten cents with more digits."""
    return f"{usd:.2f}" if usd >= 0.0995 else f"{usd:.4f}"
