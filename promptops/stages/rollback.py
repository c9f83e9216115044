"""Roll back: a new, higher revision that names an earlier release; needs only the ledger and the pointer."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from promptops.contract.messages import Promoted, RollbackBody
from promptops.domain.errors import (
    ArtifactMissing,
    Conflict,
    DigestMismatch,
    NeverReleased,
    NoPreviousRelease,
    NotReleased,
    Revoked,
)
from promptops.domain.identifiers import PromptRef, check_prompt_id, parse_version
from promptops.domain.ledger import Head, Release, next_release
from promptops.domain.people import Actor
from promptops.domain.release_rules import (
    check_not_revoked,
    check_op_id,
    check_same_operation,
    rollback_targets,
)
from promptops.domain.request import check_reason
from promptops.domain.version import VersionRecord
from promptops.ports import Artifacts, Clock, Commit, Ledger, Pointers, Registry, ReleaseRecords
from promptops.projection import project

MAX_ATTEMPTS = 3

logger = logging.getLogger(__name__)


def rollback(
    body: RollbackBody,
    actor: Actor,
    *,
    ledger: Ledger,
    registry: Registry,
    artifacts: Artifacts,
    pointers: Pointers,
    records: ReleaseRecords,
    clock: Clock,
) -> Promoted:
    """The release gone back to, and whether the pointer follows already.

    Repeating it with the same op_id gives the first result. It retries while the version it leaves is live
    and raises Conflict once somebody released another: it never undoes a newer fix. Raises NotReleased,
    NoPreviousRelease, NeverReleased, Revoked, InvalidReason, InvalidIdempotencyKey or IdempotencyMismatch.
    """
    prompt_id, reason = check_prompt_id(str(body.prompt_id)), check_reason(body.reason)
    wanted = parse_version(str(body.to_version)) if body.to_version else None
    op_id = check_op_id(str(body.op_id)) if body.op_id else f"rollback-{secrets.token_hex(16)}"
    head = ledger.head(prompt_id)

    def commit(onto: Head) -> Release:
        target = _target(onto, wanted, ledger, registry, artifacts)
        following = next_release(
            onto,
            version=target.ref.version,
            sha256=target.sha256,
            kind="rollback",
            actor=actor,
            reason=reason,
            at=clock.now(),
            op_id=op_id,
        )
        return ledger.commit(Commit(following, onto, lower_environment=None, approval=None))

    # Asked after the head was read: an operation that ends in between has moved it, and the commit finds it.
    release = ledger.release_of_operation(op_id)
    unchanged = release is None and head.revision > 0 and head.version == wanted
    if release is not None:
        asked = {"prompt_id": prompt_id, "kind": "rollback", "reason": reason, "actor": actor}
        check_same_operation(release, {**asked, "version": wanted} if wanted else asked)
    elif unchanged:
        release = ledger.release(prompt_id, head.revision)
    else:
        release = _commit_while_live(head, commit, ledger)
    return Promoted(
        environment=ledger.environment,
        prompt_id=prompt_id,
        version=release.version,
        revision=release.revision,
        kind=release.kind,
        from_version=release.from_version,
        projected=project(prompt_id, ledger=ledger, pointers=pointers, records=records),
        unchanged=unchanged,
    )


def _commit_while_live(head: Head, commit: Callable[[Head], Release], ledger: Ledger) -> Release:
    left = head.version
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return commit(head)
        except Conflict:
            head = ledger.head(head.prompt_id)
            if head.version != left:
                raise
    return commit(head)


def _target(
    head: Head, wanted: int | None, ledger: Ledger, registry: Registry, artifacts: Artifacts
) -> VersionRecord:
    if head.revision == 0:
        raise NotReleased(
            f"{head.prompt_id} has no release in {ledger.environment}",
            f"Check id and environment; promptops show {head.prompt_id} says where it is live.",
        )
    if wanted is not None:
        ref = PromptRef(head.prompt_id, wanted)
        if not ledger.was_released(ref):
            raise NeverReleased(f"{ref} was never released in {ledger.environment}", "Promote it instead.")
        record = registry.version(ref)
        check_not_revoked(record)
        _check_servable(record, artifacts)
        return record
    for release in rollback_targets(head, ledger.releases(head.prompt_id)):
        record = registry.version(PromptRef(head.prompt_id, release.version))
        try:
            check_not_revoked(record)
            _check_servable(record, artifacts)
        except (Revoked, ArtifactMissing, DigestMismatch) as error:
            logger.warning("Not rolling back to %s: %s", record.ref, error)
            continue
        return record
    raise NoPreviousRelease(
        f"{head.prompt_id} has no earlier release in {ledger.environment} to go back to",
        "Name one with --to, or promote a corrected version.",
    )


def _check_servable(record: VersionRecord, artifacts: Artifacts) -> None:
    """Raises if the bytes are known to be bad; that they cannot be read now must not stop a rollback."""
    try:
        artifacts.load(record)
    except (ArtifactMissing, DigestMismatch):
        raise
    except Exception:
        logger.warning("The artifact of %s could not be checked", record.ref, exc_info=True)
