"""What a preview was asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from promptops.domain.errors import InvalidUsage
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.evaluation.prices import Price

CONCURRENCY = 8


@dataclass(frozen=True)
class Asked:
    """The options of one preview; empty and None stand for what prompt.yaml says, or for none."""

    against: str = ""
    full: bool = False
    endpoint: str = ""
    model: str = ""
    record: str = ""
    replay: str = ""
    price: str = ""
    concurrency: int = CONCURRENCY
    rpm: float | None = None
    max_usd: float | None = None
    repeats: int | None = None
    seed: int | None = None

    def check(self) -> None:
        """Raises InvalidUsage for options that contradict one another."""
        if self.record and self.replay:
            raise InvalidUsage("--record and --replay exclude each other", "Record first, then replay.")
        for name, given in (("endpoint", self.endpoint), ("max-usd", self.max_usd), ("rpm", self.rpm)):
            if self.replay and given:
                raise InvalidUsage(f"--{name} is about asking, and --replay asks nobody", "Keep one of them.")
        if self.record == "-":
            raise InvalidUsage("--record writes to a file", "Name one.")
        if self.model and not (self.endpoint or self.replay):
            raise InvalidUsage(
                "--model is for endpoints", "Add --endpoint URL, or write the model into prompt.yaml."
            )
        for name, value in (("--max-usd", self.max_usd), ("--rpm", self.rpm)):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InvalidUsage(f"{name} is {value:g}", "Write a number above 0.")
        self.own_price("")

    def measuring(self, written: Measuring) -> Measuring:
        """What prompt.yaml says of measuring, with what was asked for here."""
        repeats = written.repeats if self.repeats is None else self.repeats
        seed = written.seed if self.seed is None else self.seed
        return replace(written, repeats=repeats, seed=seed)

    def own_price(self, today: str) -> Price | None:
        """The price given as `INPUT,OUTPUT`; None where none is. Raises InvalidUsage."""
        if not self.price:
            return None
        try:
            asked, answered = (float(part) for part in self.price.split(","))
        except ValueError:
            asked = answered = math.nan
        if not (0 <= asked < math.inf and 0 <= answered < math.inf):
            fix = "Write US dollars a million tokens, input and output: --price 0.25,2."
            raise InvalidUsage(f"--price is {self.price[:40]}", fix)
        return Price(asked, answered, today, "--price")
