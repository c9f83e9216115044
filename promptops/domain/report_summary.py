"""What a report says, in the words of every page that shows one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.comparison import Comparison
from promptops.domain.evaluation.floors import Floor, digits_apart, floors
from promptops.domain.report import Baseline, Report

#: Newly failed cases that are named in the sentence about the comparison.
NAMED = 5


def floor_rows(report: Report) -> list[FloorRow]:
    """The score, every metric and every slice with a floor; none where nothing could be judged."""
    if report.verdict == "error":
        return []
    return [_floor_row(floor, report.complete) for floor in floors(report.measured, report.thresholds)]


@dataclass(frozen=True)
class FloorRow:
    """One floor in words; `share` is what was measured, for a picture of it."""

    name: str
    measured: str
    needed: str
    outcome: Literal["held", "missed", "uncertain"]
    share: float
    least: float


def headline(report: Report) -> str:
    """What a reader sees first: `support-ticket@v3: fail, score 0.74 (0.80 needed)`."""
    if report.verdict == "error":
        return f"{name_of(report)}: error, nothing to judge it by"
    score, needed = score_beside_floor(report)
    return f"{name_of(report)}: {report.verdict}, score {score} ({needed} needed)"


def score_beside_floor(report: Report) -> tuple[str, str]:
    """The score and the one that is needed, with so many digits that one sees which is higher."""
    needed = report.thresholds.min_score
    digits = digits_apart(report.score, needed)
    return f"{report.score:.{digits}f}", f"{needed:.{digits}f}"


def passed_of(report: Report) -> str:
    passed = sum(case.passed for case in report.cases)
    return f"{passed:,} of {len(report.cases):,} cases passed"


def rounded(score: float) -> str:
    """A case's score, rounded down: 0.999 must not look like all that was asked."""
    return f"{math.floor(score * 100 + 1e-9) / 100:.2f}"


def name_of(report: Report) -> str:
    return f"{report.prompt_id}@v{report.version}" if report.version else report.prompt_id


def extent(report: Report) -> str:
    """How much of the dataset the numbers are about."""
    measured, repeats = len(report.cases), report.measuring.repeats
    times = f", each asked {repeats} times" if repeats > 1 else ""
    if report.complete:
        return f"all {measured:,} cases{times}"
    return f"a sample of {measured:,} of {report.dataset_cases:,} cases, seed {report.measuring.seed}{times}"


def compared(report: Report) -> str:
    """The comparison with the live version, in one sentence; empty where none was asked for."""
    comparison = report.comparison
    if comparison is None:
        nothing = f"Not compared: no other version was live in {report.against}."
        return nothing if report.against else ""
    live = baseline_name(report.baseline)
    if comparison.impossible_because:
        return f"Not compared with {live}: {comparison.impossible_because.rstrip('.')}."
    return (
        f"{_direction(comparison.difference)} {live}, over {_counted(comparison.pairs, 'pair')} "
        f"(95% interval {signed(comparison.low)} to {signed(comparison.high)}, "
        f"margin {report.thresholds.margin:g}); {_changes(comparison)}; "
        f"exact McNemar p {_probability(comparison.p_value)}."
    )


def baseline_name(baseline: Baseline | None) -> str:
    return f"v{baseline.version} (live in {baseline.environment})" if baseline else "the live version"


def signed(difference: float) -> str:
    """With its sign, and zero without one."""
    text = f"{difference:+.3f}"
    return text if text.strip("+-0.") else "0.000"


def worst(cases: Sequence[CaseResult], newly_failed: Sequence[str] = ()) -> list[CaseResult]:
    """The cases that failed: critical ones, then those the live version passes, then by score."""
    new = frozenset(newly_failed)
    failed = [case for case in cases if not case.passed and not case.error]
    return sorted(failed, key=lambda case: (not case.critical, case.case_id not in new, case.score))


def flaky(cases: Sequence[CaseResult]) -> list[CaseResult]:
    """The cases of which some repeats passed and some did not, the least steady first."""
    mixed = [case for case in cases if 0 < case.pass_rate < 1 and not case.error]
    return sorted(mixed, key=lambda case: abs(case.pass_rate - 0.5))


@dataclass(frozen=True)
class Unmeasured:
    """Cases that could not be measured for the same kind of reason; `example` is that of the first."""

    code: str
    case_ids: tuple[str, ...]
    example: str


def unmeasured(cases: Sequence[CaseResult]) -> list[Unmeasured]:
    """Those that have an error, by its code."""
    found: dict[str, list[CaseResult]] = {}
    for case in cases:
        if case.error:
            found.setdefault(case.error, []).append(case)
    return [
        Unmeasured(code, tuple(case.case_id for case in those), "; ".join(those[0].reasons))
        for code, those in found.items()
    ]


def tokens(report: Report) -> tuple[int, int]:
    """Input and output tokens; older reports have them in their cases only."""
    usage = report.usage
    if usage.input_tokens or usage.output_tokens:
        return usage.input_tokens, usage.output_tokens
    return sum(case.input_tokens for case in report.cases), sum(case.output_tokens for case in report.cases)


def cost(report: Report) -> str:
    """What it cost, as far as anybody knows."""
    usage = report.usage
    if usage.cost_usd is None:
        asked = _models(report)
        return f"cost unknown: no price for {'one of ' if len(asked) > 1 else ''}{', '.join(asked)}"
    dated = f" (prices as of {usage.prices_as_of}; verify on the provider's page)"
    return f"{dollars(usage.cost_usd)}{dated if usage.prices_as_of else ''}"


def dollars(amount: float) -> str:
    """US dollars to the cent, and what is less than ten cents with more digits."""
    return f"${amount:,.2f}" if amount >= 0.0995 or amount == 0 else f"${amount:.4f}"


def listed(names: Sequence[str], limit: int) -> str:
    """`a, b and 3 more`."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more:,} more" if more > 0 else "")


def _models(report: Report) -> list[str]:
    """Whose answers the cost is of: the version's model, the live one's, judge and embedder."""
    beside = (report.measuring.judge, report.measuring.embedder)
    live = [report.baseline.model_id] if report.baseline else []
    return list(dict.fromkeys([report.binding.model_id, *live, *(model.id for model in beside if model)]))


def _direction(difference: float) -> str:
    size = f"{abs(difference):.3f}"
    if float(size) == 0:
        return "As good as"
    return f"Better by {size} than" if difference > 0 else f"Worse by {size} than"


def _changes(comparison: Comparison) -> str:
    failed = comparison.newly_failed
    named = f" ({listed(failed, NAMED)})" if failed else ""
    return f"{len(failed):,} newly failed{named}, {len(comparison.newly_passed):,} newly passed"


def _probability(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _floor_row(floor: Floor, complete: bool) -> FloorRow:
    outcome: Literal["held", "missed", "uncertain"] = "uncertain"
    if floor.held or floor.missed:
        outcome = "held" if floor.held else "missed"
    digits = digits_apart(floor.high if floor.missed else floor.low, floor.needed)
    measured = f"{floor.measured:.{digits}f}" if floor.cases else "no case"
    if floor.cases and not complete:
        measured += f" ({floor.low:.{digits}f} to {floor.high:.{digits}f} in all)"
    return FloorRow(floor.name, measured, f"{floor.needed:.{digits}f}", outcome, floor.measured, floor.needed)
