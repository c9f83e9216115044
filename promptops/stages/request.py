"""Request: a version, the reason and what it was bound to, handed to the release workflow."""

from __future__ import annotations

from dataclasses import dataclass, replace

from promptops.contract.answers import Requested, Unchanged
from promptops.contract.bodies import EvaluateBody, PromoteBody
from promptops.domain.errors import MalformedRequest, PromptOpsError, shown
from promptops.domain.identifiers import PromptRef, check_prompt_id, parse_version
from promptops.domain.people import Actor
from promptops.domain.release_rules import check_not_frozen, check_not_revoked
from promptops.domain.request import ReleaseRequest, RequestKind, check_reason, new_id
from promptops.ports import Clock, Ledgers, Registry, Workflow


def request(
    body: PromoteBody | EvaluateBody,
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

    Raises UnknownVersion, UnknownEnvironment, Revoked, Frozen or InvalidReason. If the workflow cannot be
    started, nothing is released, the request ends as failed and the error goes on to the caller.
    """
    ref = PromptRef(check_prompt_id(str(body.prompt_id)), parse_version(str(body.version)))
    record = registry.version(ref)
    check_not_revoked(record)
    ledger = ledgers[environment]
    head = ledger.head(ref.prompt_id)
    if isinstance(body, EvaluateBody):
        asked = _evaluation(body, ledgers)
    else:
        asked = _Asked("promote", check_reason(body.reason))
        if head.serves(ref.version, record.sha256):
            return Unchanged(environment, ref.prompt_id, ref.version, head.revision)
        check_not_frozen(environment, ledger.frozen_because())
        asked = replace(asked, path=way_to(environment, ref, ledgers))

    request_id = new_id(environment)
    made = ReleaseRequest(
        request_id=request_id,
        kind=asked.kind,
        environment=environment,
        prompt_id=ref.prompt_id,
        version=ref.version,
        sha256=record.sha256,
        policy_sha256=record.policy.digest(),
        base_revision=head.revision,
        path=asked.path,
        reason=asked.reason,
        actor=actor,
        requested_at=clock.now(),
        expires_at=clock.later(request_hours),
        # Known before the start, so that no later write of ours races the workflow's.
        execution_arn=workflow.execution_arn(request_id),
        against=asked.against,
        full=asked.full,
    )
    made = made.step(made.requested_at, f"requested by {actor}")
    ledger.put_request(made)
    try:
        workflow.start(request_id, environment)
    except PromptOpsError as error:
        failed = made.step(clock.now(), "the workflow did not start", status="failed", error=error.to_dict())
        ledger.put_request(failed)
        raise
    return Requested(request_id, made.execution_arn, list(asked.path), made.status)


@dataclass(frozen=True)
class _Asked:
    """What a body asks for, checked."""

    kind: RequestKind
    reason: str = ""
    path: tuple[str, ...] = ()
    against: str = ""
    full: bool = False


def _evaluation(body: EvaluateBody, ledgers: Ledgers) -> _Asked:
    if not isinstance(body.full, bool):
        raise MalformedRequest(f"full is {shown(body.full)}", "Send true or false.")
    against = ledgers[str(body.against)].environment if body.against else ""
    return _Asked("evaluate", against=against, full=body.full)


def way_to(environment: str, ref: PromptRef, ledgers: Ledgers) -> tuple[str, ...]:
    """The environments this version still has to be released in, in order, the target being the last."""
    way = [environment]
    for lower in reversed(ledgers.names[: ledgers.names.index(environment)]):
        if ledgers[lower].was_released(ref):
            break
        way.insert(0, lower)
    return tuple(way)
