"""Checks of latency, cost, similar and llm-rubric; the models are recordings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.differential.check import Check, Recorded, each

#: What the judge answers to a rubric that holds `<<name>>`; None is a judge that cannot be reached.
JUDGE: dict[str, str | None] = {
    "good": '{"reason": "fine", "pass": true, "score": 1.0}',
    "bad": '{"reason": "no", "pass": false, "score": 0.0}',
    "half": '{"reason": "so so", "pass": true, "score": 0.5}',
    "failed-half": '{"reason": "so so", "pass": false, "score": 0.5}',
    "fenced": 'Here it is:\n```json\n{"reason": "fine", "pass": true, "score": 0.9}\n```\n',
    "no-score": '{"reason": "fine", "pass": true}',
    "no-score-failed": '{"reason": "no", "pass": false}',
    "no-pass": '{"reason": "fine", "score": 0.8}',
    "pass-as-text": '{"reason": "fine", "pass": "yes", "score": 1}',
    "fail-as-text": '{"reason": "fine", "pass": "no", "score": 0}',
    "score-as-text": '{"reason": "fine", "pass": true, "score": "0.5"}',
    "above-one": '{"reason": "fine", "pass": true, "score": 7}',
    "below-zero": '{"reason": "no", "pass": false, "score": -1}',
    "two": '{"reason": "one", "pass": false, "score": 0} {"reason": "two", "pass": true, "score": 1}',
    "only-reason": '{"reason": "nothing else"}',
    "nothing": "{}",
    "prose": "I think it is fine.",
    "list": '[{"pass": true}]',
    "yaml": "{pass: true, score: 1, reason: fine}",
    "null-score": '{"reason": "fine", "pass": true, "score": null}',
    "empty": "",
    "down": None,
}
#: Answers that promptfoo reads something into.
_ODD = ("no-pass", "above-one", "below-zero", "two", "only-reason", "nothing", "yaml", "null-score")
#: Vectors by text; a text that is not here cannot be embedded.
VECTORS: dict[str, list[float]] = {
    "east": [1.0, 0.0],
    "east again": [2.0, 0.0],
    "north": [0.0, 1.0],
    "north-east": [3.0, 4.0],
    "west": [-1.0, 0.0],
    "nowhere": [0.0, 0.0],
    "": [0.6, 0.8],
}


def checks() -> Iterator[Check]:
    """Thresholds at, under and over their values; models that answer oddly, or not."""
    waits = [Recorded("card", latency_ms=wait) for wait in (0, 99, 100, 101, 5_000)]
    yield from each([{"type": "latency", "threshold": at} for at in (0, 100, 99.5)], waits)
    yield from each([{"type": "latency"}], waits[:1])
    prices = [Recorded("card", cost_usd=cost) for cost in (0.0, 0.001, 0.002, None)]
    yield from each([{"type": "cost", "threshold": at} for at in (0, 0.001)], prices)
    yield from each([{"type": "cost"}], prices[:1])
    yield from _similar()
    yield from _rubric()


def _similar() -> Iterator[Check]:
    outputs = tuple(text for text in VECTORS if text and text != "west")
    thresholds: tuple[dict[str, Any], ...] = ({}, {"threshold": 0.6}, {"threshold": 0.8}, {"threshold": 0})
    for more in thresholds:
        values: tuple[Any, ...] = ("east", "north-east", ["north", "east"], ["north", "nowhere"])
        several = "similar-to-several" if more.get("threshold") == 0 else ""
        for value in values:
            differs = several if isinstance(value, list) else ""
            yield from each([{"type": "similar", "value": value, **more}], outputs, differs=differs)
    yield from each([{"type": "similar", "value": "east"}], ("",), differs="blank-answers")
    yield from each([{"type": "similar", "value": "east"}], ("west",), differs="scores")
    yield from each(
        [{"type": "similar", "value": "east"}], ("a text nobody embedded",), differs="could-not-run"
    )
    unfit: tuple[Any, ...] = (5, [], None)
    yield from each([{"type": "similar", "value": value} for value in unfit], ("east",))


def _rubric() -> Iterator[Check]:
    thresholds: tuple[dict[str, Any], ...] = ({}, {"threshold": 0.5}, {"threshold": 0.6}, {"threshold": 0})
    for more in thresholds:
        for name in JUDGE:
            assertion = {"type": "llm-rubric", "value": f"<<{name}>>", **more}
            differs = "judge" if name in _ODD else ""
            yield from each([assertion], ("The card arrives.",), differs=differs)
    yield from each(
        [{"type": "llm-rubric", "value": "Names {{name}} <<good>>"}], ("x", ""), variables={"name": "it"}
    )
