"""What a version asks of its evaluation less, or otherwise, than the live version does."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.domain.evaluation.floors import MIN_DIGITS, digits_apart
from promptops.domain.policy import Policy
from promptops.domain.report import Report
from promptops.domain.version import VersionRecord


def softened(policy: Policy, live: Policy) -> list[str]:
    """One sentence a rule: `min_score 0.70, live has 0.85`; a stricter rule is none."""
    here, there = policy.thresholds, live.thresholds
    new, old = policy.evaluation, live.evaluation
    found: list[str] = []
    if (policy.risk, live.risk) == ("low", "high"):
        found.append("risk low, live has high")
    if here.min_score < there.min_score:
        found.append(_beside("min_score", here.min_score, there.min_score))
    if here.min_cases < there.min_cases:
        found.append(f"min_cases {here.min_cases}, live has {there.min_cases}")
    found += _floors("metric", here.metrics, there.metrics)
    found += _floors("slice", here.slices, there.slices)
    if here.margin > there.margin:
        found.append(_beside("margin", here.margin, there.margin))
    if here.min_pass_rate < there.min_pass_rate:
        found.append(_beside("min_pass_rate", here.min_pass_rate, there.min_pass_rate))
    if new.repeats < old.repeats:
        found.append(f"repeats {new.repeats}, live has {old.repeats}")
    if new.sample < old.sample:
        found.append(f"sample {new.sample:,}, live has {old.sample:,}")
    if new.seed != old.seed:
        found.append(f"another seed: {new.seed}, live has {old.seed}")
    found += [
        f"another {name}: {one.id if one else 'none'}, live has {other.id if other else 'none'}"
        for name, one, other in (("judge", new.judge, old.judge), ("embedder", new.embedder, old.embedder))
        if one != other
    ]
    return found


def other_cases(
    record: VersionRecord, report: Report | None, live: VersionRecord, live_report: Report | None
) -> str:
    """How much each of two datasets asks; empty where they are the same one.

    The live version's critical cases are those of its own last report: nothing else says which they are.
    """
    if record.dataset.sha256 == live.dataset.sha256:
        return ""
    cases = f"cases: {record.dataset.cases:,} (live was measured on {live.dataset.cases:,})"
    if report is None:
        return cases
    if live_report is None or live_report.binding.dataset_sha256 != live.dataset.sha256:
        return f"{cases}, critical: {_critical(report):,} (live: unknown, its own report is not there)"
    return f"{cases}, critical: {_critical(report):,} (live: {_critical(live_report):,})"


def _critical(report: Report) -> int:
    """Of all cases, as every sample holds every critical one."""
    return sum(case.critical for case in report.cases)


def _floors(kind: str, here: Mapping[str, float], there: Mapping[str, float]) -> list[str]:
    return [
        _beside(f"floor of {kind} {name}", here.get(name), needed)
        for name, needed in sorted(there.items())
        if here.get(name, 0.0) < needed
    ]


def _beside(name: str, here: float | None, there: float) -> str:
    digits = MIN_DIGITS if here is None else digits_apart(here, there)
    return f"{name} {'none' if here is None else f'{here:.{digits}f}'}, live has {there:.{digits}f}"
