"""The model stub in a process of its own, and what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LATENCY_SECONDS = 0.05
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class ModelServer:
    """Answers at `url` after the latency."""

    url: str

    def tally(self, *, keep: bool = False) -> dict[str, float]:
        """What it saw since it was last asked without `keep`."""
        path = "tally?keep" if keep else "tally"
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as response:
            seen: dict[str, float] = json.load(response)
            return seen


@contextmanager
def model_server(latency_seconds: float = LATENCY_SECONDS) -> Iterator[ModelServer]:
    """A server that lives as long as the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.model_stub", str(latency_seconds)],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield ModelServer(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
