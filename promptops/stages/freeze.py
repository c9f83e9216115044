"""Freeze and unfreeze: whether anything may be promoted to an environment."""

from __future__ import annotations

from promptops.contract.answers import Restricted
from promptops.contract.bodies import FreezeBody
from promptops.domain.errors import Conflict
from promptops.domain.people import Actor
from promptops.domain.request import check_reason
from promptops.domain.restriction import Restriction, RestrictionKind, next_restriction
from promptops.ports import Clock, Ledger

MAX_ATTEMPTS = 3


def freeze(body: FreezeBody, actor: Actor, *, ledger: Ledger, clock: Clock) -> Restricted:
    """The freeze now in force: this one, or the one somebody made before. Raises InvalidReason."""
    return _restrict("freeze", body, actor, ledger, clock)


def unfreeze(body: FreezeBody, actor: Actor, *, ledger: Ledger, clock: Clock) -> Restricted:
    """What lifted the freeze; unchanged where there was none. Raises InvalidReason."""
    return _restrict("unfreeze", body, actor, ledger, clock)


def _restrict(
    kind: RestrictionKind,
    body: FreezeBody,
    actor: Actor,
    ledger: Ledger,
    clock: Clock,
    attempts: int = MAX_ATTEMPTS,
) -> Restricted:
    reason = check_reason(body.reason)
    last = next(iter(ledger.restrictions(1)), None)
    if (last.kind if last else "unfreeze") == kind:
        return _answer(kind, last, ledger)
    entry = next_restriction(ledger.environment, last, kind=kind, actor=actor, reason=reason, at=clock.now())
    try:
        ledger.restrict(entry)
    except Conflict:
        if attempts == 1:
            raise
        # Somebody was faster: what they did may be just what was wanted here.
        return _restrict(kind, body, actor, ledger, clock, attempts - 1)
    return _answer(kind, entry, ledger, unchanged=False)


def _answer(
    kind: RestrictionKind, entry: Restriction | None, ledger: Ledger, *, unchanged: bool = True
) -> Restricted:
    return Restricted(
        scope=ledger.environment,
        kind=kind,
        version=0,
        reason=entry.reason if entry else "",
        at=entry.at if entry else "",
        unchanged=unchanged,
    )
