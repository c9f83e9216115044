"""Versions as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from promptops.cli.output import moment, table
from promptops.domain.evaluation_history import outcome
from promptops.domain.lifecycle import TRANSITIONS, Status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from promptops.domain.artifact import Artifact
    from promptops.domain.evaluation_history import EvaluationHistory
    from promptops.domain.identifiers import PromptRef
    from promptops.domain.ledger import Head
    from promptops.domain.version import VersionRecord


def version_document(record: VersionRecord, status: Status) -> dict[str, object]:
    """The record for scripts; its reference written as people do, and what its status is and may become."""
    return {
        **asdict(record),
        "ref": str(record.ref),
        "version": f"v{record.ref.version}",
        "status": status,
        "may_become": list(TRANSITIONS[status]),
    }


def version_table(
    records: Sequence[VersionRecord], statuses: Mapping[PromptRef, Status], heads: Mapping[str, Head]
) -> Table:
    """One line a version, newest first; `heads` are those of the environments it was released in."""
    columns = ("VERSION", "PUBLISHED", "LABEL", "BY", "RISK", "STATUS", "EVIDENCE", "LIVE IN", "RATIONALE")
    return table(
        columns,
        (
            (
                f"v{record.ref.version}",
                moment(record.published_at),
                record.label,
                record.published_by,
                record.policy.risk,
                statuses[record.ref],
                _evidence(record),
                ", ".join(
                    name
                    for name, head in heads.items()
                    if (head.version, head.state) == (record.ref.version, "live")
                ),
                f"revoked: {record.revoked_reason}" if record.revoked_reason else record.rationale,
            )
            for record in records
        ),
    )


def version_lines(
    record: VersionRecord, status: Status, artifact: Artifact, history: EvaluationHistory
) -> Iterator[RenderableType]:
    """What is known of a version, then its messages."""
    facts = {
        "version": record.ref,
        "label": record.label,
        "status": status,
        "description": record.description,
        "rationale": record.rationale,
        "owner": record.owner,
        "risk": record.policy.risk,
        "published": f"{moment(record.published_at)} by {record.published_by}",
        "authors": ", ".join(record.authors),
        "commit": record.commit,
        "sha256": record.sha256,
        "model": record.model,
        "parameters": json.dumps(dict(artifact.parameters)),
        "variables": ", ".join(
            name if variable.default is None else f"{name} ({variable.default})"
            for name, variable in artifact.variables.items()
        ),
        "blocks": ", ".join(artifact.blocks),
        "cases": f"{record.dataset.cases}, threshold {record.policy.thresholds.min_score:.2f}",
        "evidence": _evidence(record),
        "evaluations": _evaluations(record, history),
        "tags": ", ".join(record.tags),
        "revoked": record.revoked_reason,
    }
    yield table(("", ""), ((name, value) for name, value in facts.items() if str(value)))
    for message in artifact.messages:
        yield f"\n[{message.role}]\n{message.content}"


def _evidence(record: VersionRecord) -> str:
    evidence = record.evidence
    return f"{evidence.verdict} {evidence.score:.2f}, {moment(evidence.evaluated_at)}" if evidence else "none"


def _evaluations(record: VersionRecord, history: EvaluationHistory) -> str:
    """The linked one's place among all, then how each other one went; nothing where it is the only one."""
    key = record.evidence.key if record.evidence else ""
    others = [f"{outcome(past)}, {moment(past.finished_at)}" for past in history.others(key)]
    if not others and history.total < 2:
        return ""
    more = [f"and {history.unread:,} older"] if history.unread else []
    title = history.title(key) if key else f"{history.total:,} of this version, none linked"
    return "\n".join([title, *others, *more])
