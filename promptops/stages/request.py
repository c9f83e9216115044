"""Request: a version, the reason and what it was bound to, handed to the release workflow."""

from __future__ import annotations

from promptops.contract.answers import Requested, Unchanged
from promptops.contract.bodies import PromoteBody
from promptops.domain.errors import PromptOpsError
from promptops.domain.identifiers import PromptRef, check_prompt_id, parse_version
from promptops.domain.people import Actor
from promptops.domain.release_rules import check_not_frozen, check_not_revoked
from promptops.domain.request import ReleaseRequest, RequestKind, check_reason, new_id
from promptops.ports import Clock, Ledgers, Registry, Workflow


def request(
    kind: RequestKind,
    body: PromoteBody,
    actor: Actor,
    environment: str,
    *,
    request_hours: float,
    registry: Registry,
    ledgers: Ledgers,
    workflow: Workflow,
    clock: Clock,
) -> Requested | Unchanged:
    """The stored request whose workflow was started; Unchanged if a promotion's bytes are live already.

    Raises UnknownVersion, Revoked, Frozen or InvalidReason. If the workflow cannot be started, nothing is
    released, the request ends as failed and the error goes on to the caller.
    """
    ref = PromptRef(check_prompt_id(str(body.prompt_id)), parse_version(str(body.version)))
    reason = check_reason(body.reason) if kind == "promote" or body.reason else ""
    record = registry.version(ref)
    check_not_revoked(record)
    ledger = ledgers[environment]
    head = ledger.head(ref.prompt_id)
    path: tuple[str, ...] = ()
    if kind == "promote":
        if head.serves(ref.version, record.sha256):
            return Unchanged(environment, ref.prompt_id, ref.version, head.revision)
        check_not_frozen(environment, ledger.frozen_because())
        path = way_to(environment, ref, ledgers)

    request_id = new_id(environment)
    made = ReleaseRequest(
        request_id=request_id,
        kind=kind,
        environment=environment,
        prompt_id=ref.prompt_id,
        version=ref.version,
        sha256=record.sha256,
        policy_sha256=record.policy.digest(),
        base_revision=head.revision,
        path=path,
        reason=reason,
        actor=actor,
        requested_at=clock.now(),
        expires_at=clock.later(request_hours),
        # Known before the start, so that no later write of ours races the workflow's.
        execution_arn=workflow.execution_arn(request_id),
    )
    made = made.step(made.requested_at, f"requested by {actor}")
    ledger.put_request(made)
    try:
        workflow.start(request_id, environment)
    except PromptOpsError as error:
        failed = made.step(clock.now(), "the workflow did not start", status="failed", error=error.to_dict())
        ledger.put_request(failed)
        raise
    return Requested(request_id, made.execution_arn, list(path), made.status)


def way_to(environment: str, ref: PromptRef, ledgers: Ledgers) -> tuple[str, ...]:
    """The environments this version still has to be released in, in order, the target being the last."""
    way = [environment]
    for lower in reversed(ledgers.names[: ledgers.names.index(environment)]):
        if ledgers[lower].was_released(ref):
            break
        way.insert(0, lower)
    return tuple(way)
