"""Retire: a prompt is served no longer in one environment; a new revision says so, nothing is deleted."""

from __future__ import annotations

import secrets

from promptops.contract.bodies import RetireBody
from promptops.contract.messages import Promoted
from promptops.domain.errors import NotReleased
from promptops.domain.identifiers import check_prompt_id
from promptops.domain.ledger import Head, Release, next_release
from promptops.domain.people import Actor
from promptops.domain.release_rules import check_op_id, check_same_operation
from promptops.domain.request import check_reason
from promptops.fallback import leave
from promptops.ports import Clock, Commit, Ledger, Pointers, ReleaseRecords
from promptops.projection import projected


def retire(
    body: RetireBody,
    actor: Actor,
    *,
    ledger: Ledger,
    pointers: Pointers,
    records: ReleaseRecords,
    clock: Clock,
) -> Promoted:
    """The release that took the prompt out of service; unchanged if it was retired already.

    Repeating it with the same op_id gives the first result. Raises Conflict if another version went live
    meanwhile, NotReleased, InvalidReason, InvalidIdempotencyKey or IdempotencyMismatch.
    """
    prompt_id, reason = check_prompt_id(str(body.prompt_id)), check_reason(body.reason)
    op_id = check_op_id(str(body.op_id)) if body.op_id else f"retire-{secrets.token_hex(16)}"
    head = ledger.head(prompt_id)

    def commit(onto: Head) -> Release:
        following = next_release(
            onto,
            version=onto.version,
            sha256=onto.sha256,
            kind="retire",
            actor=actor,
            reason=reason,
            at=clock.now(),
            op_id=op_id,
        )
        return ledger.commit(Commit(following, onto, lower_environment=None, approval=None))

    # Asked after the head was read: an operation that ends in between has moved it, and the commit finds it.
    release = ledger.release_of_operation(op_id)
    unchanged = release is None and head.state == "retired"
    if release is not None:
        asked = {"prompt_id": prompt_id, "kind": "retire", "reason": reason, "actor": actor}
        check_same_operation(release, asked)
    elif head.revision == 0:
        raise NotReleased(
            f"{prompt_id} has no release in {ledger.environment}",
            f"Check id and environment; promptops show {prompt_id} says where it is live.",
        )
    elif unchanged:
        release = ledger.release(prompt_id, head.revision)
    else:
        release = leave(head, commit, ledger=ledger)
    return projected(release, ledger=ledger, pointers=pointers, records=records, unchanged=unchanged)
