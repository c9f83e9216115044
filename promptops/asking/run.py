"""Everything through which one run asks its models, stacked in the one right order.

Metered            stops at the caps, before anything is asked; counts what was answered
  Patient          asks again what may help, within its budget; each attempt takes its turn in the pace
    ByProvider     Bedrock, or the endpoint a model names
"""

from __future__ import annotations

from dataclasses import dataclass, field

from promptops.asking.assistants import ModelAssistants
from promptops.asking.pace import Pace
from promptops.asking.patience import Patience, Patient, RetryBudget
from promptops.asking.spend import Caps, Meter, Metered, Spent
from promptops.asking.timer import SystemTimer, Timer
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.evaluation.prices import PriceTable
from promptops.evaluation_ports import Provider


@dataclass(frozen=True)
class AskingRun:
    """One run's own: ask `model`, grade with `assistants`, read `meter`."""

    model: Provider
    assistants: ModelAssistants
    meter: Meter


@dataclass(frozen=True)
class Asking:
    """What all runs of a process share."""

    provider: Provider
    prices: PriceTable = field(default_factory=PriceTable)
    caps: Caps = field(default_factory=Caps)
    pace: Pace = field(default_factory=Pace)
    patience: Patience = field(default_factory=Patience)
    timer: Timer = field(default_factory=SystemTimer)

    def run(self, measuring: Measuring, *, before: Spent | None = None) -> AskingRun:
        """A run that has its retry budget and its meter to itself; `before` was spent already."""
        meter = Meter(self.prices, self.caps, before)
        patient = Patient(
            self.provider, budget=RetryBudget(), pace=self.pace, patience=self.patience, timer=self.timer
        )
        metered = Metered(patient, meter)
        return AskingRun(metered, ModelAssistants(metered, measuring), meter)
