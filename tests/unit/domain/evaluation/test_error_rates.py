"""Promises of the documented error rates: they are what the gate does, within the error of the simulation."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bench.gate_simulation import (
    BESIDE_LIVE,
    DISTANCES,
    MARGINS,
    MIN_SCORE,
    OF_SAMPLES,
    SAMPLE_TRIALS,
    TRIALS,
    sampled_rates,
    simulated,
)
from promptops.domain.policy import Thresholds

DOCS = Path(__file__).parents[4] / "docs" / "evaluation.md"
#: Fewer than the documented ones, so that this takes seconds.
FEWER = {10: 150, 20: 150, 100: 60}
FEWER_SAMPLES = 12


def documented(*head: str) -> Iterator[Mapping[str, float]]:
    """The rows of the table with these columns, percentages as shares."""
    lines = iter(DOCS.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line == f"| {' | '.join(head)} |":
            next(lines)
            break
    for line in lines:
        if not line.startswith("|"):
            return
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        yield {
            name: float(cell.rstrip("%")) / (100 if cell.endswith("%") else 1)
            for name, cell in zip(head, cells, strict=True)
        }


def about(share: float, documented_trials: int, trials: int) -> object:
    """Equal but for four standard errors of both simulations, and for a share that is seen seldom."""
    likely = min(max(share, 0.02), 0.98)
    error = math.sqrt(likely * (1 - likely) * (1 / documented_trials + 1 / trials))
    return pytest.approx(share, abs=4 * error)


def test_the_tables_have_every_number_of_cases_every_margin_and_every_distance():
    assert [(row["Cases"], row["Margin"]) for row in documented(*BESIDE_LIVE)] == [
        (cases, margin) for cases in TRIALS for margin in MARGINS
    ]
    assert [(row["True score"], row["Floors"]) for row in documented(*OF_SAMPLES)] == [
        (pytest.approx(MIN_SCORE + distance), floors) for floors in (1, 6) for distance in DISTANCES
    ]


def test_the_documented_rates_beside_the_live_version_are_those_of_the_gate():
    default = {row["Cases"]: row for row in documented(*BESIDE_LIVE) if row["Margin"] == Thresholds.margin}

    for rates in simulated(FEWER, margins=(Thresholds.margin,)):
        row = default[rates.cases]
        for name, share in (
            ("Pass at -2 margins", rates.promoted[-2]),
            ("Pass at -1 margin", rates.promoted[-1]),
            ("Fail at -2 margins", rates.failed[-2]),
            ("Fail at 0", rates.failed[0]),
            ("Fail or inconclusive at 0", rates.blocked),
        ):
            assert share == about(row[name], TRIALS[rates.cases], FEWER[rates.cases]), (rates.cases, name)


def test_the_documented_rates_of_the_sample_are_those_of_the_gate():
    for row, rates in zip(documented(*OF_SAMPLES), sampled_rates(FEWER_SAMPLES), strict=True):
        for name, share in (
            ("Sample fails", rates.failed),
            ("Sample passes", rates.passed),
            ("Stops wrongly", rates.wrong),
        ):
            assert share == about(row[name], SAMPLE_TRIALS, FEWER_SAMPLES), (row, name)


def test_what_the_docs_say_about_them_holds():
    default = {row["Cases"]: row for row in documented(*BESIDE_LIVE) if row["Margin"] == Thresholds.margin}

    assert all(row["Pass at -1 margin"] <= 0.05 for cases, row in default.items() if cases >= 200)
    assert all(row["Fail at 0"] <= 0.015 for row in documented(*BESIDE_LIVE))
    assert default[200]["Fail or inconclusive at 0"] < 0.05 < default[50]["Fail or inconclusive at 0"]
    assert all(row["Stops wrongly"] <= 0.01 for row in documented(*OF_SAMPLES))
