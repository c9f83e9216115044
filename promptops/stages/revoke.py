"""Revoke and unrevoke: whether a version may be live anywhere, whatever any environment released before."""

from __future__ import annotations

from promptops.contract.answers import Restricted
from promptops.contract.bodies import RevokeBody
from promptops.contract.messages import Promoted
from promptops.domain.errors import Conflict, PromptOpsError
from promptops.domain.identifiers import PromptRef, check_prompt_id, parse_version
from promptops.domain.ledger import Release
from promptops.domain.people import Actor
from promptops.domain.request import check_reason
from promptops.domain.restriction import Restriction, RestrictionKind, next_restriction
from promptops.ports import Artifacts, Clock, Ledger, Pointers, Registry, ReleaseRecords
from promptops.projection import projected
from promptops.withdrawal import is_withdrawal, withdraw

MAX_ATTEMPTS = 5


def revoke(
    body: RevokeBody,
    actor: Actor,
    *,
    ledger: Ledger,
    registry: Registry,
    artifacts: Artifacts,
    pointers: Pointers,
    records: ReleaseRecords,
    clock: Clock,
) -> Restricted:
    """The revocation now in force, and what it made live instead in the ledger's environment.

    What keeps the version in service there is told in `released` and undoes nothing: the reconciler goes on.
    Raises UnknownPrompt, UnknownVersion, InvalidReason, or Conflict if the log never rests.
    """
    ref, entry, unchanged = _restrict("revoke", body, actor, registry, clock)

    def withdrawn(attempts: int = MAX_ATTEMPTS) -> Release | None:
        """What took the version out of service here, now or before; None if it was in none."""
        head = ledger.head(ref.prompt_id)
        release = ledger.release(ref.prompt_id, head.revision) if head.revision else None
        if release and is_withdrawal(release, ref.version):
            return release
        if entry is None or (head.version, head.state) != (ref.version, "live"):
            return None
        try:
            return withdraw(head, entry, ledger=ledger, registry=registry, artifacts=artifacts, clock=clock)
        except Conflict:
            if attempts == 1:
                raise
            return withdrawn(attempts - 1)

    try:
        release = withdrawn()
        made = projected(release, ledger=ledger, pointers=pointers, records=records) if release else None
    except PromptOpsError as error:
        made = _in_service(ref, ledger.environment, error)
    return _answer("revoke", ref, entry, unchanged=unchanged, made=made)


def unrevoke(body: RevokeBody, actor: Actor, *, registry: Registry, clock: Clock) -> Restricted:
    """What made the version releasable again; it releases nothing. Unchanged where nothing was revoked."""
    ref, entry, unchanged = _restrict("unrevoke", body, actor, registry, clock)
    return _answer("unrevoke", ref, entry, unchanged=unchanged)


def _restrict(
    kind: RestrictionKind,
    body: RevokeBody,
    actor: Actor,
    registry: Registry,
    clock: Clock,
    attempts: int = MAX_ATTEMPTS,
) -> tuple[PromptRef, Restriction | None, bool]:
    """The last entry about the version, and whether it was there before."""
    ref = PromptRef(check_prompt_id(str(body.prompt_id)), parse_version(str(body.version)))
    reason = check_reason(body.reason)
    registry.version(ref)
    log = registry.restrictions(ref.prompt_id)
    last = next((entry for entry in log if entry.version == ref.version), None)
    if (last.kind if last else "unrevoke") == kind:
        return ref, last, True
    entry = next_restriction(
        ref.prompt_id,
        next(iter(log), None),
        kind=kind,
        actor=actor,
        reason=reason,
        at=clock.now(),
        version=ref.version,
    )
    try:
        registry.restrict(entry)
    except Conflict:
        if attempts == 1:
            raise
        # Another version of the prompt, or this one by somebody faster: the log tells.
        return _restrict(kind, body, actor, registry, clock, attempts - 1)
    return ref, entry, False


def _in_service(ref: PromptRef, environment: str, error: PromptOpsError) -> Promoted:
    """The answer where the version could not be taken out of service yet."""
    return Promoted(
        environment=environment,
        prompt_id=ref.prompt_id,
        version=ref.version,
        revision=0,
        kind="revoke",
        from_version=ref.version,
        projected=False,
        problem=error.to_dict(),
    )


def _answer(
    kind: RestrictionKind,
    ref: PromptRef,
    entry: Restriction | None,
    *,
    unchanged: bool,
    made: Promoted | None = None,
) -> Restricted:
    return Restricted(
        scope=ref.prompt_id,
        kind=kind,
        version=ref.version,
        reason=entry.reason if entry else "",
        at=entry.at if entry else "",
        unchanged=unchanged,
        released=[made.to_dict()] if made else [],
    )
