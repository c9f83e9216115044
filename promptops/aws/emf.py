"""CloudWatch Embedded Metric Format: one log line a use, from which CloudWatch makes the metrics.

Specification: "CloudWatch embedded metric format", Amazon CloudWatch User Guide.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TextIO

from promptops.contract.metrics import DIMENSIONS, METRICS
from promptops.domain.usage import Use


class EmfSink:
    """Writes a line for each use to standard output; `clock` gives seconds since the epoch."""

    def __init__(
        self, namespace: str, *, stream: TextIO | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._namespace = namespace
        self._stream = stream
        self._clock = clock

    def emit(self, use: Use) -> None:
        metrics = [metric for metric in METRICS if metric.field in use.measured]
        line = {
            "_aws": {
                "Timestamp": int(self._clock() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": self._namespace,
                        "Dimensions": [list(DIMENSIONS)],
                        "Metrics": [{"Name": metric.name, "Unit": metric.unit} for metric in metrics],
                    }
                ],
            },
            "environment": use.environment,
            "prompt_id": use.prompt_id,
            "version": f"v{use.version}",
            **{metric.name: use.measured[metric.field] for metric in metrics},
            **use.labels,
        }
        print(json.dumps(line), file=self._stream or sys.stdout, flush=True)
