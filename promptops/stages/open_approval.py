"""Ask another person, in the workflow's name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptops.contract.messages import ApprovalOutcome, OpenApprovalTask
from promptops.domain.approval import Approval
from promptops.domain.approval_notice import approval_notice
from promptops.domain.errors import PolicyRefused, Unavailable
from promptops.domain.people import Actor, People
from promptops.domain.release_rules import subject_of
from promptops.domain.request import ReleaseRequest, environment_of, new_id
from promptops.ports import Clock, Directory, Ledger, Ledgers, Mail, Registry, Workflow


def open_approval(
    task: OpenApprovalTask,
    *,
    ledgers: Ledgers,
    registry: Registry,
    directory: Directory,
    clock: Clock,
    workflow: Workflow,
    mails: Sequence[Mail],
    page_url: str,
    hours: float,
) -> Approval:
    """The approval the workflow now waits for: a new one, or the one this request already has.

    A decision made before the workflow asked (again) wakes it at once. An open approval of another request
    for the same prompt is superseded, and its workflow told. Asking again after a failure may mail again.
    """
    ledger = ledgers[task.environment]
    home = ledgers[environment_of(task.request_id)]
    request = home.request(task.request_id)
    known = ledger.approval_of_request(request.request_id)
    if known is not None and known.status != "PENDING":
        workflow.wake(task.task_token, ApprovalOutcome(known.approval_id, known.status).to_dict())
        return known
    approval = known or _new(request, ledger, registry, clock, hours)
    superseded = ledger.open_approval(approval, task.task_token)
    if superseded is not None:
        outcome = ApprovalOutcome(superseded.approval_id, "SUPERSEDED")
        workflow.wake(ledger.task_token(superseded.approval_id), outcome.to_dict())
    if known is None or request.status != "waiting":
        told = _tell(approval, ledger.head(request.prompt_id).version, directory, clock, mails, page_url)
        text = f"waiting for approval in {task.environment}{'' if told else '; no mail was sent'}"
        home.put_request(request.step(clock.now(), text, status="waiting"))
    return approval


def _new(request: ReleaseRequest, ledger: Ledger, registry: Registry, clock: Clock, hours: float) -> Approval:
    head = ledger.head(request.prompt_id)
    low, high = sorted((head.version, request.version))
    between = [
        version
        for version in registry.versions(request.prompt_id)
        if low < version.ref.version <= high or version.ref == request.ref
    ]
    return Approval(
        approval_id=new_id(ledger.environment),
        request_id=request.request_id,
        subject=subject_of(request, ledger.environment, head),
        reason=request.reason,
        requested_by=request.actor,
        authors=tuple(dict.fromkeys(email for version in between for email in version.authors)),
        publishers=tuple(dict.fromkeys(version.published_by for version in between)),
        requested_at=clock.now(),
        expires_at=min(clock.later(hours), request.expires_at),
    )


def _tell(
    approval: Approval,
    from_version: int,
    directory: Directory,
    clock: Clock,
    mails: Sequence[Mail],
    page_url: str,
) -> bool:
    people = directory.people()
    requester = people.name_of(approval.requested_by)
    notice = approval_notice(approval, requester=requester, from_version=from_version, page_url=page_url)
    try:
        recipients = tuple(_possible_deciders(approval, people, directory.approvers(), clock.now()))
    except Unavailable:
        recipients = ()
    sent = [mail.send(recipients, notice.subject, notice.text, notice.html) for mail in mails]
    return any(sent)


def _possible_deciders(
    approval: Approval, people: People, approvers: frozenset[str], now: str
) -> Iterator[str]:
    for person in people:
        email = next((email for email in person.emails if email.casefold() in approvers), None)
        if email is None:
            continue
        try:
            approval.decider(Actor("oidc", email), people, now)
        except PolicyRefused:
            continue
        yield email
