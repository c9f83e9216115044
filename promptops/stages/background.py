"""What a version's evidence does not say of itself: earlier attempts, and what the live version was asked."""

from __future__ import annotations

from dataclasses import dataclass

from promptops.domain.errors import EvidenceMismatch
from promptops.domain.evaluation_history import EvaluationHistory
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Report
from promptops.domain.softened import other_cases, softened
from promptops.domain.version import VersionRecord
from promptops.evaluation_ports import PastEvaluations
from promptops.ports import Registry, Reports


@dataclass(frozen=True)
class Background:
    """`other_cases` is empty where the live version has the same ones; `softened` names looser rules."""

    report_key: str
    history: EvaluationHistory
    other_cases: str = ""
    softened: tuple[str, ...] = ()


def background(
    record: VersionRecord,
    report: Report | None,
    live_version: int,
    *,
    registry: Registry,
    reports: Reports,
    past: PastEvaluations,
) -> Background:
    """Read anew; `report` is the one to be shown, `live_version` is 0 where nothing is live."""
    key = record.evidence.key if record.evidence else ""
    history = past.of_version(record.ref)
    if not live_version or live_version == record.ref.version:
        return Background(key, history)
    live = registry.version(PromptRef(record.ref.prompt_id, live_version))
    same = record.dataset.sha256 == live.dataset.sha256
    return Background(
        key,
        history,
        other_cases(record, report, live, None if same else _own_report(live, reports)),
        tuple(softened(record.policy, live.policy)),
    )


def _own_report(record: VersionRecord, reports: Reports) -> Report | None:
    """None where there is no such report any more: that must not hide what else is known."""
    try:
        return reports.load(record.evidence) if record.evidence else None
    except EvidenceMismatch:
        return None
