"""A rollback drill: back and forth again, timed, with evidence."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from promptops.cli.output import answer
from promptops.contract.bodies import DrillBody

if TYPE_CHECKING:
    from promptops.cli.line import Line


def drill(prompt_id: str, environment: str, reason: str, line: Line, *, as_json: bool) -> None:
    """Both times, and where the evidence lies; the API refuses it in the highest environment."""
    body = DrillBody(prompt_id, reason, f"cli-{secrets.token_hex(16)}")
    done = line.api.post(f"/v1/{environment}/drill", body.to_dict(), repeatable=True)
    this, other = f"v{done['version']}", f"v{done['other_version']}"
    revisions = " and ".join(str(revision) for revision in done["revisions"])
    answer(
        done,
        f"Drilled {prompt_id} in {environment}: {this} → {other} → {this}, revisions {revisions}.",
        f"Back in {done['back_seconds']:.2f} s, forth in {done['forth_seconds']:.2f} s, each from the call"
        " to the pointer's new value.",
        f"Evidence: s3://{line.installation.artifact_bucket}/{done['evidence_key']}",
        as_json=as_json,
    )
