"""A revoked version leaves service: to an earlier release, or to nothing where there is none."""

from __future__ import annotations

from promptops.domain.errors import IdempotencyMismatch, NoPreviousRelease
from promptops.domain.ledger import Head, Release, next_release
from promptops.domain.restriction import Restriction
from promptops.fallback import newest_clean
from promptops.ports import Artifacts, Clock, Commit, Ledger, Registry

_OPERATION = "revoke/"


def withdraw(
    head: Head,
    revocation: Restriction,
    *,
    ledger: Ledger,
    registry: Registry,
    artifacts: Artifacts,
    clock: Clock,
) -> Release:
    """The release that takes the head's revoked version out of service; the pointer is not projected yet.

    Done by whoever revoked it, in every environment once: its op_id names the head it leaves. Raises Conflict
    if the head moved meanwhile.
    """
    try:
        target = newest_clean(head, ledger=ledger, registry=registry, artifacts=artifacts)
        version, sha256, kind = target.ref.version, target.sha256, "rollback"
    except NoPreviousRelease:
        version, sha256, kind = head.version, head.sha256, "revoke"
    release = next_release(
        head,
        version=version,
        sha256=sha256,
        kind=kind,
        actor=revocation.actor,
        reason=f"v{head.version} revoked: {revocation.reason}",
        at=clock.now(),
        op_id=f"{_OPERATION}{ledger.environment}/{head.prompt_id}/{head.revision}",
    )
    try:
        return ledger.commit(Commit(release, head, lower_environment=None, approval=None))
    except IdempotencyMismatch:
        # Another pass left this very head for another target: it is out of service, which is what counts.
        done = ledger.release_of_operation(release.op_id)
        assert done is not None
        return done


def is_withdrawal(release: Release, version: int) -> bool:
    """Whether this release took that version out of service because it had been revoked."""
    return release.from_version == version and release.op_id.startswith(_OPERATION)
