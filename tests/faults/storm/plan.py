"""What every process of the run is told."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENTS = ("dev", "staging")
PROMPTS = tuple(f"storm-{number}" for number in range(1, 5))
MAX_SKEW_MINUTES = 10


@dataclass(frozen=True)
class Plan:
    """`instance` names the local AWS; `until` is on the monotonic clock, which all processes share."""

    instance: str
    seed: int
    folder: Path
    until: float

    def rng(self, *parts: object) -> random.Random:
        """The dice of one process, the same for the same seed."""
        return random.Random("/".join(str(part) for part in (self.seed, *parts)))

    def journal(self, worker: int) -> Path:
        return self.folder / f"worker-{worker}.jsonl"

    def log(self, worker: int) -> Path:
        return self.folder / f"worker-{worker}.log"
