"""The gate: what an evaluation's numbers mean for a release."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from promptops.domain.errors import EvaluationEmpty, EvaluationError, EvaluationTooFew, shown
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.comparison import Beside, Comparison
from promptops.domain.evaluation.floors import Floor, Measured, digits_apart, floors
from promptops.domain.policy import Thresholds

Verdict = Literal["pass", "fail", "inconclusive", "error"]
_VERDICTS: Mapping[Beside, Verdict] = {"worse": "fail", "no worse": "pass", "open": "inconclusive"}
#: Below this p-value it is no chance that more cases newly fail than newly pass.
SIGNIFICANCE = 0.05
#: Nearer to the margin than this no number of cases that anybody has would tell.
TELLABLE = 0.005
#: So many critical cases are named; the report has them all.
MAX_NAMED = 10


@dataclass(frozen=True)
class Gate:
    """A verdict, and one sentence for each thing that decided it."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Finding:
    """What one rule says, and why."""

    verdict: Verdict
    reason: str


def judged(measured: Measured, thresholds: Thresholds, comparison: Comparison | None) -> Gate:
    """The verdict over these cases: the worst that any rule finds, with the reasons for that one.

    Over a sample it is the verdict that the whole dataset is all but sure to have, else inconclusive.
    Raises EvaluationEmpty, EvaluationTooFew or InvalidScore for what cannot be judged at all.
    """
    _check(measured, thresholds)
    unmeasured = Counter(case.error for case in measured.cases if case.error)
    if unmeasured:
        codes = ", ".join(f"{code} ({count})" for code, count in sorted(unmeasured.items()))
        of = f"{unmeasured.total()} of {len(measured.cases)}"
        return Gate("error", (f"{of} cases could not be measured: {codes}",))
    findings = [
        *_critical(measured.cases),
        *(_floor(floor, measured) for floor in floors(measured, thresholds)),
        *_beside_live(comparison, thresholds, measured),
    ]
    found = {finding.verdict for finding in findings}
    verdict: Verdict = "fail" if "fail" in found else "inconclusive" if "inconclusive" in found else "pass"
    return Gate(verdict, tuple(finding.reason for finding in findings if finding.verdict == verdict))


def enough(
    measured: Measured, thresholds: Thresholds, comparison: Comparison | None, *, full: bool
) -> Literal["rest", "report"]:
    """Whether what was measured decides, or the rest of the cases is to be measured too.

    What fails already needs no more cases, nor does what is an error whatever the others bring. A sample
    that passes is enough unless every case is demanded.
    """
    verdict = judged(measured, thresholds, comparison).verdict
    decided = verdict in ("fail", "error") or (verdict == "pass" and not full)
    return "report" if decided or measured.complete else "rest"


def _check(measured: Measured, thresholds: Thresholds) -> None:
    if not measured.cases:
        raise EvaluationEmpty("no case was measured", "Evaluate the version again.")
    if measured.dataset_cases < thresholds.min_cases:
        raise EvaluationTooFew(
            f"{measured.dataset_cases} of {thresholds.min_cases} cases",
            "Add cases to the dataset and publish again.",
        )
    twice = [
        case_id for case_id, times in Counter(case.case_id for case in measured.cases).items() if times > 1
    ]
    if twice:
        raise EvaluationError(f"case {shown(twice[0])} was measured twice", "Start the evaluation again.")
    for case in measured.cases:
        case.check()


def _critical(cases: Sequence[CaseResult]) -> Iterator[_Finding]:
    critical = [case for case in cases if case.critical]
    failed = [case for case in critical if case.failed_critical]
    for case in failed[:MAX_NAMED]:
        yield _Finding("fail", f"critical case {case.case_id} {_how_it_failed(case)}")
    if len(failed) > MAX_NAMED:
        yield _Finding("fail", f"{len(failed) - MAX_NAMED} more critical cases fail")
    if critical and not failed:
        yield _Finding("pass", f"critical cases: {len(critical)} of {len(critical)} pass")


def _how_it_failed(case: CaseResult) -> str:
    if 0 < case.pass_rate < 1:
        return f"passes in {case.pass_rate:.0%} of its repeats, all must pass"
    return "passes live and fails here" if case.live_passed else "fails"


def _floor(floor: Floor, measured: Measured) -> _Finding:
    """`slice adversarial 0.62 is below 0.90 (8 cases)`."""
    decisive = floor.high if floor.missed else floor.low
    digits = digits_apart(decisive, floor.needed)
    needed = f"{floor.needed:.{digits}f}"
    if not floor.cases:
        return _Finding("inconclusive", f"{floor.name}: no such case is in the sample, {needed} is needed")
    value, cases = (
        f"{floor.name} {floor.measured:.{digits}f}",
        f"({floor.cases:,} case{'' if floor.cases == 1 else 's'})",
    )
    if not measured.complete:
        value += f" in a sample, {floor.low:.{digits}f} to {floor.high:.{digits}f} in all,"
    if floor.missed:
        return _Finding("fail", f"{value} is below {needed} {cases}")
    if floor.held:
        return _Finding("pass", f"{value} reaches {needed} {cases}")
    return _Finding("inconclusive", f"{value} may be below {needed} {cases}")


def _beside_live(
    comparison: Comparison | None, thresholds: Thresholds, measured: Measured
) -> Iterator[_Finding]:
    if comparison is None:
        return
    if comparison.impossible_because:
        # More cases may make it possible; when there are no more, the floors have the last word.
        verdict: Verdict = "pass" if measured.complete else "inconclusive"
        yield _Finding(verdict, f"not compared with the live version: {comparison.impossible_because}")
        return
    yield _difference(comparison, thresholds.margin)
    lost, won = len(comparison.newly_failed), len(comparison.newly_passed)
    net = (lost - won) / comparison.pairs
    if comparison.p_value < SIGNIFICANCE and net > thresholds.margin:
        changed = f"{lost} cases newly fail and {won} newly pass of {comparison.pairs:,}"
        more = f"{net:.1%} more fail than live, {thresholds.margin:.1%} allowed"
        yield _Finding("fail", f"{changed} (exact McNemar p {comparison.p_value:.2g}): {more}")


def _difference(comparison: Comparison, margin: float) -> _Finding:
    difference, low, high = comparison.difference, comparison.low, comparison.high
    verdict = _VERDICTS[comparison.beside(margin)]
    decisive = high if verdict == "fail" else low
    digits = digits_apart(decisive, -margin)
    size = f"{abs(difference):.{digits}f} {'lower' if difference < 0 else 'higher'} than"
    beside = size if round(difference, digits) else "the same as"
    interval = f"between {_signed(low, digits)} and {_signed(high, digits)} over {comparison.pairs:,} cases"
    reason = f"scores {beside} the live version, {interval}; {margin:.{digits}f} lower is allowed"
    if verdict == "inconclusive" and difference + margin > TELLABLE:
        # The interval narrows with the root of the number of cases.
        needed = comparison.pairs * ((difference - low) / (difference + margin)) ** 2
        reason += f"; about {_rounded_up(needed):,} cases would tell"
    return _Finding(verdict, reason)


def _signed(difference: float, digits: int) -> str:
    """With its sign, and zero without one."""
    return f"{difference:+.{digits}f}" if round(difference, digits) else f"{0:.{digits}f}"


def _rounded_up(cases: float) -> int:
    """With two digits: it is a guess."""
    step = int(10 ** max(math.floor(math.log10(cases)) - 1, 0))
    return math.ceil(cases / step) * step
