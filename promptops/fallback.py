"""Leaving the live version: where to go back to, and never past a newer release than the one left."""

from __future__ import annotations

import logging
from collections.abc import Callable

from promptops.domain.errors import (
    ArtifactMissing,
    Conflict,
    DigestMismatch,
    NeverReleased,
    NoPreviousRelease,
    Revoked,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release
from promptops.domain.release_rules import check_not_revoked, rollback_targets
from promptops.domain.version import VersionRecord
from promptops.ports import Artifacts, Ledger, Registry

MAX_ATTEMPTS = 3
#: How far back to look: far beyond any number of drills.
RELEASES = 1_000

logger = logging.getLogger(__name__)


def newest_clean(head: Head, *, ledger: Ledger, registry: Registry, artifacts: Artifacts) -> VersionRecord:
    """The best earlier release that is not revoked and not known to be damaged; raises NoPreviousRelease."""
    for release in rollback_targets(head, ledger.releases(head.prompt_id, RELEASES)):
        record = registry.version(PromptRef(head.prompt_id, release.version))
        try:
            _check_servable(record, artifacts)
        except (Revoked, ArtifactMissing, DigestMismatch) as error:
            logger.warning("Not going back to %s: %s", record.ref, error)
            continue
        return record
    raise NoPreviousRelease(
        f"{head.prompt_id} has no earlier release in {ledger.environment} to go back to",
        "Name one with --to, or promote a corrected version.",
    )


def released_version(
    ref: PromptRef, *, ledger: Ledger, registry: Registry, artifacts: Artifacts
) -> VersionRecord:
    """The version, if it is one to go back to; raises NeverReleased, Revoked or what its bytes are."""
    if not ledger.was_released(ref):
        raise NeverReleased(f"{ref} was never released in {ledger.environment}", "Promote it instead.")
    record = registry.version(ref)
    _check_servable(record, artifacts)
    return record


def leave(head: Head, commit: Callable[[Head], Release], *, ledger: Ledger) -> Release:
    """The release committed onto the head, or onto newer ones as long as they serve the same version.

    Raises Conflict once another version is live, or this one is no longer: somebody decided anew.
    """
    left = (head.version, head.state)
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return commit(head)
        except Conflict:
            head = ledger.head(head.prompt_id)
            if (head.version, head.state) != left:
                raise
    return commit(head)


def _check_servable(record: VersionRecord, artifacts: Artifacts) -> None:
    """Raises if the version is known to be bad; bytes that cannot be read now must not stop anybody."""
    check_not_revoked(record)
    try:
        artifacts.load(record)
    except (ArtifactMissing, DigestMismatch):
        raise
    except Exception:
        logger.warning("The artifact of %s could not be checked", record.ref, exc_info=True)
