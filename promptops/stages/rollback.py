"""Roll back: a new, higher revision that names an earlier release; needs only the ledger and the pointer."""

from __future__ import annotations

import secrets

from promptops.contract.bodies import RollbackBody
from promptops.contract.messages import Promoted
from promptops.domain.errors import Conflict, NotReleased
from promptops.domain.identifiers import PromptRef, check_prompt_id, parse_version
from promptops.domain.ledger import Head, Release, next_release
from promptops.domain.people import Actor
from promptops.domain.release_rules import check_op_id, check_same_operation
from promptops.domain.request import check_reason
from promptops.domain.version import VersionRecord
from promptops.fallback import leave, newest_clean, released_version
from promptops.ports import Artifacts, Clock, Commit, Ledger, Pointers, Registry, ReleaseRecords
from promptops.projection import projected


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
    and raises Conflict once another one is, or if another one than `from_version` was from the start: it
    never undoes a newer fix. Raises NotReleased, NoPreviousRelease, NeverReleased, Revoked, InvalidReason,
    InvalidIdempotencyKey or IdempotencyMismatch.
    """
    prompt_id, reason = check_prompt_id(str(body.prompt_id)), check_reason(body.reason)
    wanted = parse_version(str(body.to_version)) if body.to_version else None
    seen = parse_version(str(body.from_version)) if body.from_version else None
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
    unchanged = release is None and head.state == "live" and head.version == wanted
    if release is not None:
        asked = {"prompt_id": prompt_id, "kind": "rollback", "reason": reason, "actor": actor}
        check_same_operation(release, {**asked, "version": wanted} if wanted else asked)
    elif unchanged:
        release = ledger.release(prompt_id, head.revision)
    else:
        if seen is not None and (head.version, head.state) != (seen, "live"):
            raise _not_live(seen, head, ledger)
        release = leave(head, commit, ledger=ledger)
    return projected(release, ledger=ledger, pointers=pointers, records=records, unchanged=unchanged)


def _not_live(seen: int, head: Head, ledger: Ledger) -> Conflict:
    """The conflict with what was made live meanwhile, and by whom."""
    what = f"{head.prompt_id}@v{seen} is not live in {ledger.environment}"
    if head.revision:
        by = ledger.release(head.prompt_id, head.revision).actor
        what = f"{what}, v{head.version} by {by} is {head.state} (revision {head.revision})"
    return Conflict(
        what,
        f"See promptops history {head.prompt_id} --env {ledger.environment} and decide again.",
        revision=head.revision,
        version=head.version,
    )


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
        return released_version(ref, ledger=ledger, registry=registry, artifacts=artifacts)
    return newest_clean(head, ledger=ledger, registry=registry, artifacts=artifacts)
