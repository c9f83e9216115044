"""A story of steps: each told as it happens, all of them in `build/demo.json`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Step:
    """One step: what it is called, how long it took, how it ended, and the ids it dealt with."""

    name: str
    seconds: float = 0.0
    outcome: str = ""
    ids: dict[str, str | int | float] = field(default_factory=dict)

    def ended(self, outcome: str, **ids: str | int | float) -> None:
        self.outcome = outcome
        self.ids.update(ids)


class Story:
    """Tells each step on standard output and keeps it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """The step while it happens; told with its outcome when it is over, also when it fails."""
        step = Step(name)
        started = time.monotonic()
        self.steps.append(step)
        try:
            yield step
        except BaseException as error:
            step.ended(f"failed: {type(error).__name__}")
            raise
        finally:
            step.seconds = round(time.monotonic() - started, 2)
            self._tell(step)

    def write(self, path: Path, **more: object) -> None:
        """The story as JSON: a list of steps with name, seconds, outcome and ids, and what else is said."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {**more, "seconds": round(self.seconds, 2), "steps": [asdict(step) for step in self.steps]}
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    def _tell(self, step: Step) -> None:
        ids = "  ".join(f"{name}={value}" for name, value in step.ids.items())
        print(f"{step.seconds:7.2f} s  {step.name:<11} {step.outcome}")
        if ids:
            print(f"{'':23}{ids}")
        sys.stdout.flush()
