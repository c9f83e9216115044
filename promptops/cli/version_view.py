"""Versions as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from promptops.cli.output import moment, table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from promptops.domain.artifact import Artifact
    from promptops.domain.version import VersionRecord


def version_document(record: VersionRecord) -> dict[str, object]:
    """The record for scripts; its reference written as people do."""
    return {**asdict(record), "ref": str(record.ref), "version": f"v{record.ref.version}"}


def version_table(records: Sequence[VersionRecord], live: Mapping[str, int]) -> Table:
    """One line a version, newest first; `live` maps an environment to the version it serves."""
    heads = ("VERSION", "PUBLISHED", "BY", "RISK", "EVIDENCE", "LIVE IN", "RATIONALE")
    return table(
        heads,
        (
            (
                f"v{record.ref.version}",
                moment(record.published_at),
                record.published_by,
                record.policy.risk,
                _evidence(record),
                ", ".join(name for name, version in live.items() if version == record.ref.version),
                f"revoked: {record.revoked_reason}" if record.revoked_reason else record.rationale,
            )
            for record in records
        ),
    )


def version_lines(record: VersionRecord, artifact: Artifact) -> Iterator[RenderableType]:
    """What is known of a version, then its messages."""
    facts = {
        "version": record.ref,
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
        "tags": ", ".join(record.tags),
        "revoked": record.revoked_reason,
    }
    yield table(("", ""), ((name, value) for name, value in facts.items() if str(value)))
    for message in artifact.messages:
        yield f"\n[{message.role}]\n{message.content}"


def _evidence(record: VersionRecord) -> str:
    evidence = record.evidence
    return f"{evidence.verdict} {evidence.score:.2f}, {moment(evidence.evaluated_at)}" if evidence else "none"
