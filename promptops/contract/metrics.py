"""The metrics keyed by environment, prompt and version: emitted, charted and alarmed from this one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DIMENSIONS = ("environment", "prompt_id", "version")

Unit = Literal["Milliseconds", "Count", "None"]
Comparison = Literal["LessThanThreshold", "GreaterThanThreshold"]


@dataclass(frozen=True)
class Alarm:
    """When a served version is bad enough to call somebody; `threshold` in the metric's own unit."""

    signal: str
    statistic: str
    comparison: Comparison
    threshold: float
    why: str


@dataclass(frozen=True)
class Metric:
    """One billed series per environment, prompt and version; `field` is its name in a use record."""

    name: str
    field: str
    unit: Unit
    statistic: str
    title: str
    alarm: Alarm | None = None


METRICS: tuple[Metric, ...] = (
    Metric("Latency", "latency_ms", "Milliseconds", "p95", "Latency p95"),
    Metric(
        "Errors",
        "error",
        "Count",
        "Average",
        "Share of uses that failed",
        Alarm("errors", "Average", "GreaterThanThreshold", 0.05, "more than 5% of the uses failed"),
    ),
    Metric("Tokens", "tokens", "Count", "Average", "Tokens per use"),
    Metric(
        "Cost",
        "cost_usd",
        "None",
        "Average",
        "US dollars per use",
        Alarm("cost", "Average", "GreaterThanThreshold", 0.05, "a use costs more than 0.05 US dollars"),
    ),
    Metric(
        "Quality",
        "quality",
        "None",
        "Average",
        "Quality, 0 to 1",
        Alarm("quality", "Average", "LessThanThreshold", 0.7, "the mean quality fell below 0.7"),
    ),
    Metric("Corrections", "corrected", "Count", "Average", "Share of answers a user corrected"),
)
