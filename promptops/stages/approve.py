"""Show a person everything a decision rests on, and take that one decision."""

from __future__ import annotations

from dataclasses import dataclass

from promptops.contract.bodies import DecisionBody
from promptops.contract.messages import ApprovalOutcome
from promptops.domain.approval import Approval, Decision, Subject
from promptops.domain.changes import Changes, Fact, changes, facts
from promptops.domain.errors import (
    InvalidReason,
    MalformedRequest,
    NotAnApprover,
    PromptOpsError,
    UnknownApproval,
    UnknownEnvironment,
    UnknownRequest,
    shown,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor, People
from promptops.domain.policy import Risk, stricter
from promptops.domain.release_rules import check_request
from promptops.domain.report import Report
from promptops.domain.request import ReleaseRequest, check_reason, environment_of
from promptops.domain.version import VersionRecord
from promptops.ports import Artifacts, Clock, Directory, Ledger, Ledgers, Registry, Reports, Workflow

_DECISIONS: dict[str, Decision] = {"approve": "APPROVED", "reject": "REJECTED"}


@dataclass(frozen=True)
class Desk:
    """Where approvals lie, and all that is read to judge one."""

    ledgers: Ledgers
    registry: Registry
    artifacts: Artifacts
    reports: Reports
    directory: Directory
    clock: Clock


@dataclass(frozen=True)
class View:
    """One approval with everything a decision rests on, as it is now.

    `from_version` is 0 where nothing was live. `report` is the one the approval is bound to, None if the
    version has another by now. `obstacle` says why this viewer may not decide, None if they may.
    """

    approval: Approval
    request: ReleaseRequest
    record: VersionRecord
    from_version: int
    risk: Risk
    changes: Changes
    rules: tuple[Fact, ...]
    report: Report | None
    requester: str
    decider: str
    obstacle: PromptOpsError | None
    now: str

    @property
    def ref(self) -> PromptRef:
        return self.record.ref

    @property
    def confirmation(self) -> str:
        """What must be typed to approve on the page; empty where no typing is asked for."""
        return str(self.ref) if self.risk == "high" else ""


@dataclass(frozen=True)
class Waiting:
    """One open approval in a viewer's list; `obstacle` as in View."""

    approval: Approval
    requester: str
    obstacle: PromptOpsError | None
    now: str


def waiting(viewer: Actor, *, desk: Desk) -> tuple[Waiting, ...]:
    """All open approvals, those ending soonest first; raises NotAnApprover."""
    _check_authority(viewer, desk)
    now, people = desk.clock.now(), desk.directory.people()
    found = [
        Waiting(
            approval, people.name_of(approval.requested_by), _obstacle(approval, viewer, people, now), now
        )
        for environment in desk.ledgers.names
        for approval in desk.ledgers[environment].open_approvals()
        if approval.status == "PENDING" and now < approval.expires_at
    ]
    return tuple(sorted(found, key=lambda item: item.approval.expires_at))


def view(approval_id: str, viewer: Actor, *, desk: Desk) -> View:
    """What the page shows; changes nothing.

    Raises NotAnApprover, UnknownApproval, or what reading artifact and report raises.
    """
    _check_authority(viewer, desk)
    ledger, approval = _found(approval_id, desk.ledgers)
    subject = approval.subject
    request = desk.ledgers[environment_of(approval.request_id)].request(approval.request_id)
    record = desk.registry.version(PromptRef(subject.prompt_id, subject.version))
    from_version = _from_version(approval, ledger)
    live = desk.registry.version(PromptRef(subject.prompt_id, from_version)) if from_version else None
    people, now = desk.directory.people(), desk.clock.now()
    return View(
        approval=approval,
        request=request,
        record=record,
        from_version=from_version,
        risk=stricter(record.policy.risk, live.policy.risk if live else "low"),
        changes=changes(desk.artifacts.load(live) if live else None, desk.artifacts.load(record)),
        rules=facts(_rules(live) if live else {}, _rules(record)),
        report=_bound_report(approval, record, desk.reports),
        requester=people.name_of(approval.requested_by),
        decider=people.name_of(approval.decided_by) if approval.decided_by else "",
        obstacle=_obstacle(approval, viewer, people, now) or _moved(approval, request, record, ledger, now),
        now=now,
    )


def decide(approval_id: str, body: DecisionBody, actor: Actor, *, desk: Desk, workflow: Workflow) -> Approval:
    """The decided approval; the workflow has been woken and reads it for itself.

    Raises what `view` raises, its obstacle, AlreadyDecided, MalformedRequest or InvalidReason. Finding it
    decided wakes the workflow again, in case the first call was lost.
    """
    seen = view(approval_id, actor, desk=desk)
    ledger = desk.ledgers[seen.approval.subject.environment]
    if seen.approval.status in ("APPROVED", "REJECTED"):
        _wake(approval_id, seen.approval.status, ledger, workflow)
    if seen.obstacle is not None:
        raise seen.obstacle
    decision, comment = _decision(body), _comment(body)
    decided = ledger.decide(seen.approval, decision, actor, comment, desk.clock.now())
    try:
        _record_step(decided, f"{decision.lower()} by {desk.directory.people().name_of(actor)}", desk)
    finally:
        _wake(approval_id, decision, ledger, workflow)
    return decided


def _check_authority(viewer: Actor, desk: Desk) -> None:
    """Returns if the viewer may approve at all; raises NotAnApprover.

    An IAM caller got here because its policies allow this very route; a signed-in one must be in the group.
    """
    if viewer.kind == "iam" or (viewer.kind == "oidc" and desk.directory.is_approver(viewer.identity)):
        return
    raise NotAnApprover(f"{viewer} is not in the group of approvers", "Ask the platform team to be added.")


def _found(approval_id: str, ledgers: Ledgers) -> tuple[Ledger, Approval]:
    """The approval and the ledger it lies in; every wrong id gets the same answer."""
    try:
        ledger = ledgers[environment_of(approval_id)]
        return ledger, ledger.approval(approval_id)
    except (UnknownRequest, UnknownEnvironment, UnknownApproval) as error:
        fix = "Open the link in the mail again, or copy the id from promptops approvals."
        raise UnknownApproval("there is no such approval", fix) from error


def _from_version(approval: Approval, ledger: Ledger) -> int:
    """The version that was live when approval was asked for."""
    head = ledger.head(approval.subject.prompt_id)
    if head.revision == approval.subject.base_revision:
        return head.version
    past = ledger.releases(approval.subject.prompt_id)
    return next((item.version for item in past if item.revision == approval.subject.base_revision), 0)


def _bound_report(approval: Approval, record: VersionRecord, reports: Reports) -> Report | None:
    if record.evidence is None or record.evidence.sha256 != approval.subject.report_sha256:
        return None
    return reports.load(record.evidence)


def _obstacle(approval: Approval, viewer: Actor, people: People, now: str) -> PromptOpsError | None:
    try:
        approval.decider(viewer, people, now)
    except PromptOpsError as error:
        return error
    return None


def _moved(
    approval: Approval, request: ReleaseRequest, record: VersionRecord, ledger: Ledger, now: str
) -> PromptOpsError | None:
    subject = Subject(
        environment=ledger.environment,
        prompt_id=record.ref.prompt_id,
        version=record.ref.version,
        sha256=record.sha256,
        report_sha256=record.evidence.sha256 if record.evidence else "",
        policy_sha256=record.policy.digest(),
        base_revision=ledger.head(record.ref.prompt_id).revision,
    )
    try:
        check_request(request, record, now)
        approval.check_current(subject)
    except PromptOpsError as error:
        return error
    return None


def _rules(record: VersionRecord) -> dict[str, object]:
    thresholds = record.policy.thresholds
    return {
        "risk": record.policy.risk,
        "minimum score": thresholds.min_score,
        "minimum cases": thresholds.min_cases,
        "evaluation cases": record.dataset.cases,
        "digest of the cases": record.dataset.sha256[:12],
        **record.policy.fine_print(),
    }


def _decision(body: DecisionBody) -> Decision:
    decision = _DECISIONS.get(body.decision) if isinstance(body.decision, str) else None
    if decision is None:
        raise MalformedRequest(f"decision is {shown(body.decision)}", "Send approve or reject.")
    return decision


def _comment(body: DecisionBody) -> str:
    if body.comment in ("", None) and body.decision == "reject":
        raise InvalidReason("a rejection needs a comment", "Say what must change before it can be approved.")
    return check_reason(body.comment, "comment") if body.comment else ""


def _record_step(approval: Approval, text: str, desk: Desk) -> None:
    ledger = desk.ledgers[environment_of(approval.request_id)]
    request = ledger.request(approval.request_id)
    if not request.ended:
        ledger.put_request(request.step(desk.clock.now(), f"{text} in {approval.subject.environment}"))


def _wake(approval_id: str, decision: str, ledger: Ledger, workflow: Workflow) -> None:
    workflow.wake(ledger.task_token(approval_id), ApprovalOutcome(approval_id, decision).to_dict())
