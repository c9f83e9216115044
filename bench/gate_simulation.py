"""How often the gate is wrong, simulated; `python -m bench.gate_simulation` prints the tables of the docs.

A version's scores are drawn beside the live one's with a true mean difference that is known exactly, and the
product's own gate judges them. Every cell has a seed of its own, so that it comes out the same each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Any

from bench.gate_world import TAGS, dataset, pairs
from bench.rows import Row
from promptops.domain.evaluation.compare import compared
from promptops.domain.evaluation.floors import Measured
from promptops.domain.evaluation.gate import enough, judged
from promptops.domain.evaluation.sample import drawn
from promptops.domain.policy import Thresholds

#: The columns of the two tables in docs/evaluation.md.
BESIDE_LIVE = (
    "Cases",
    "Margin",
    "Pass at -2 margins",
    "Pass at -1 margin",
    "Fail at -2 margins",
    "Fail at 0",
    "Fail or inconclusive at 0",
)
OF_SAMPLES = ("True score", "Floors", "Sample fails", "Sample passes", "Goes on", "Stops wrongly")
MARGINS = (0.02, 0.05, 0.10)
#: Trials by number of cases: a bootstrap over more of them takes longer.
TRIALS: Mapping[int, int] = {10: 3000, 15: 3000, 20: 3000, 50: 2000, 100: 1000, 200: 1000, 500: 600}
#: What the live version passes, one after the other.
PASS_RATES = (0.80, 0.90, 0.95)

DATASET_CASES, SAMPLE, SAMPLE_TRIALS = 1_000, 200, 500
MIN_SCORE = 0.8
#: How far the true score of the whole dataset is from the needed one.
DISTANCES = (-0.10, -0.05, -0.02, 0.02, 0.05, 0.10)
#: `map`, or that of a pool of processes.
Each = Callable[..., Iterable[Any]]
_GROUP = "gate"


@dataclass(frozen=True)
class Rates:
    """The verdicts over pairs of versions, as shares, by true difference in margins: -2, -1 or 0."""

    cases: int
    margin: float
    promoted: Mapping[int, float]
    failed: Mapping[int, float]

    @property
    def blocked(self) -> float:
        """Fail or inconclusive although nothing got worse."""
        return 1 - self.promoted[0]


@dataclass(frozen=True)
class SampleRates:
    """What samples of datasets at this distance lead to; `wrong` would have ended otherwise in full."""

    distance: float
    floors: int
    failed: float
    passed: float
    wrong: float


def rows() -> list[Row]:
    """The default margin's rates, and those of the sample."""
    found = []
    with ProcessPoolExecutor() as pool:
        pairs_rates = simulated(margins=(Thresholds.margin,), each=pool.map)
        samples = sampled_rates(each=pool.map)
    for rates in pairs_rates:
        where = f"{rates.cases} cases"
        found += [
            _row(f"promptops promotes at -margin, {where}", rates.promoted[-1]),
            _row(f"promptops blocks at 0, {where}", rates.blocked),
            _row(f"promptops fails at 0, {where}", rates.failed[0]),
        ]
    for sampled in samples:
        where = f"{sampled.distance:+.2f}, floors {sampled.floors}"
        found.append(_row(f"promptops sample stops wrongly at {where}", sampled.wrong))
    return found


def simulated(
    trials: Mapping[int, int] = TRIALS, *, margins: Sequence[float] = MARGINS, each: Each = map
) -> list[Rates]:
    """The rates for each number of cases and each margin."""
    drops = sorted({round(-times * margin, 4) for margin in margins for times in (-2, -1, 0)})
    # The longest first: at the end no processor waits for the other.
    cells = [(cases, drop, trials[cases]) for cases in reversed(trials) for drop in drops]
    by_cell = {(cell[0], cell[1]): found for cell, found in zip(cells, each(_verdicts, cells), strict=True)}
    return [_rates(cases, margin, by_cell) for cases in trials for margin in margins]


def sampled_rates(trials: int = SAMPLE_TRIALS, *, each: Each = map) -> list[SampleRates]:
    """What a sample leads to, with a floor for the score alone and with one for each tag besides."""
    cells = [(distance, slices, trials) for slices in (False, True) for distance in DISTANCES]
    return list(each(_sample_cell, cells))


def _verdicts(cell: tuple[int, float, int]) -> dict[float, dict[str, float]]:
    """The share of each verdict, by margin."""
    cases, drop, trials = cell
    random = Random(f"pairs/{cases}/{drop}")
    counts = {margin: Counter[str]() for margin in MARGINS}
    for trial, pass_rate in enumerate(islice(cycle(PASS_RATES), trials)):
        results = pairs(cases, drop, pass_rate, random)
        comparison = compared(results, thresholds=Thresholds(min_score=0), seed=trial)
        for margin in MARGINS:
            thresholds = Thresholds(min_score=0, margin=margin)
            counts[margin][judged(Measured(results, cases), thresholds, comparison).verdict] += 1
    return {margin: {name: count / trials for name, count in by.items()} for margin, by in counts.items()}


def _rates(
    cases: int, margin: float, found: Mapping[tuple[int, float], Mapping[float, Mapping[str, float]]]
) -> Rates:
    by_times = {times: found[cases, round(-times * margin, 4)][margin] for times in (-2, -1, 0)}
    return Rates(
        cases,
        margin,
        promoted={times: verdicts.get("pass", 0.0) for times, verdicts in by_times.items()},
        failed={times: verdicts.get("fail", 0.0) for times, verdicts in by_times.items()},
    )


def _sample_cell(cell: tuple[float, bool, int]) -> SampleRates:
    distance, slices, trials = cell
    random = Random(f"sample/{distance}/{slices}")
    floors = dict.fromkeys(TAGS, MIN_SCORE) if slices else {}
    thresholds = Thresholds(min_score=MIN_SCORE, slices=floors)
    counts: Counter[str] = Counter()
    for trial in range(trials):
        cases = dataset(DATASET_CASES, MIN_SCORE + distance, random)
        draw = drawn(cases, size=SAMPLE, seed=trial)
        sample = Measured([cases[place] for place in draw.order[: draw.sample]], len(cases))
        if enough(sample, thresholds, None, full=False) == "rest":
            continue
        verdict = judged(sample, thresholds, None).verdict
        counts[verdict] += 1
        counts["wrong"] += verdict != judged(Measured(cases, len(cases)), thresholds, None).verdict
    failed, passed, wrong = (counts[name] / trials for name in ("fail", "pass", "wrong"))
    return SampleRates(distance, 1 + len(floors), failed, passed, wrong)


def _row(name: str, share: float) -> Row:
    return Row(_GROUP, name, share, "share", share)


def tables(found: Sequence[Rates], samples: Sequence[SampleRates]) -> Iterator[str]:
    """The lines of the two tables in docs/evaluation.md."""
    yield from _table(
        BESIDE_LIVE,
        (
            (
                str(rates.cases),
                f"{rates.margin:.2f}",
                _percent(rates.promoted[-2]),
                _percent(rates.promoted[-1]),
                _percent(rates.failed[-2]),
                _percent(rates.failed[0]),
                _percent(rates.blocked),
            )
            for rates in found
        ),
    )
    yield ""
    yield from _table(
        OF_SAMPLES,
        (
            (
                f"{MIN_SCORE + rates.distance:.2f}",
                str(rates.floors),
                _percent(rates.failed),
                _percent(rates.passed),
                _percent(1 - rates.failed - rates.passed),
                _percent(rates.wrong),
            )
            for rates in samples
        ),
    )


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---:|' * len(head)}"
    for cells in lines:
        yield f"| {' | '.join(cells)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def main() -> None:
    with ProcessPoolExecutor() as pool:
        for line in tables(simulated(each=pool.map), sampled_rates(each=pool.map)):
            print(line)


if __name__ == "__main__":
    main()
