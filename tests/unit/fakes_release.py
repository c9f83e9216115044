"""Ledgers, pointers, release records, alarms and workflow, in memory, with the promises of their ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from promptops.domain.approval import Approval, Decision
from promptops.domain.drift import Drift
from promptops.domain.errors import (
    AlreadyDecided,
    ApprovalExpired,
    ApprovalRequired,
    Conflict,
    DigestMismatch,
    EndpointDown,
    Frozen,
    IllegalTransition,
    NeverReleased,
    NotReleased,
    RequestEnded,
    UnknownApproval,
    UnknownEnvironment,
    UnknownRequest,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release
from promptops.domain.people import Actor
from promptops.domain.release_rules import (
    check_not_revoked,
    check_same_operation,
    head_moved,
    operation_fields,
    out_of_order,
)
from promptops.domain.request import TRANSITIONS, ReleaseRequest
from promptops.domain.restriction import Restriction
from promptops.ports import Commit, Registry, Unreadable


class FakeLedger:
    def __init__(self, environment: str, registry: Registry, lower: FakeLedger | None = None) -> None:
        self.environment = environment
        self.registry = registry
        self.lower = lower
        self.log: list[Restriction] = []
        self.copied: dict[str, int] = {}
        self.found: list[Drift] = []
        self.history: dict[str, list[Release]] = {}
        self.requests: dict[str, ReleaseRequest] = {}
        self.approvals: dict[str, Approval] = {}
        self.open: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def head(self, prompt_id: str) -> Head:
        history = self.history.get(prompt_id)
        return history[-1].head() if history else Head(prompt_id)

    def heads(
        self, prompt_ids: Sequence[str] | None = None, unreadable: Unreadable | None = None
    ) -> Sequence[Head]:
        wanted = self.history if prompt_ids is None else set(prompt_ids) & set(self.history)
        return [self.history[prompt_id][-1].head() for prompt_id in sorted(wanted)]

    def frozen_because(self) -> str:
        return self.log[-1].reason if self.log and self.log[-1].in_force else ""

    def restrictions(self, limit: int = 50) -> Sequence[Restriction]:
        return self.log[::-1][:limit]

    def restrict(self, restriction: Restriction) -> None:
        if restriction.sequence != len(self.log) + 1:
            raise Conflict("the log moved on")
        self.log.append(restriction)

    def archived(self) -> Mapping[str, int]:
        return dict(self.copied)

    def mark_archived(self, prompt_id: str, revision: int) -> None:
        self.copied[prompt_id] = revision

    def note_drift(self, drift: Drift) -> None:
        before = [each for each in self.found if (each.at, each.prompt_id) != (drift.at, drift.prompt_id)]
        self.found = [*before, drift]

    def drifts(self, since: str = "", limit: int = 50) -> Sequence[Drift]:
        return [drift for drift in self.found[::-1] if drift.at >= since][:limit]

    def commit(self, commit: Commit) -> Release:
        release = commit.release
        done = self.release_of_operation(release.op_id)
        if done:
            check_same_operation(done, operation_fields(release))
            return done
        ref = PromptRef(release.prompt_id, release.version)
        if release.kind not in ("retire", "revoke"):
            record = self.registry.version(ref)
            check_not_revoked(record)
            if record.sha256 != release.sha256:
                raise DigestMismatch(f"{ref} is other bytes")
        if release.kind == "promote":
            if self.frozen_because():
                raise Frozen(self.frozen_because())
            if commit.lower_environment and self.lower and not self.lower.was_released(ref):
                raise out_of_order(ref, commit.lower_environment)
        elif not self.was_released(ref):
            raise NeverReleased(f"{ref} was never released in {self.environment}")
        head = self.head(release.prompt_id)
        if head.revision != commit.expected_head.revision:
            raise head_moved(commit.expected_head.revision, head, self.history[head.prompt_id][-1])
        if commit.approval:
            stored = self.approvals[commit.approval.approval_id]
            if stored.status != "APPROVED" or stored.consumed_by:
                raise ApprovalRequired(f"approval {stored.approval_id} is used")
            self.approvals[stored.approval_id] = replace(stored, consumed_by=release.op_id)
        self.history.setdefault(release.prompt_id, []).append(release)
        return release

    def releases(self, prompt_id: str, limit: int = 50) -> Sequence[Release]:
        return self.history.get(prompt_id, [])[::-1][:limit]

    def release_of_operation(self, op_id: str) -> Release | None:
        every = (release for history in self.history.values() for release in history)
        return next((release for release in every if release.op_id == op_id), None)

    def release(self, prompt_id: str, revision: int) -> Release:
        for release in self.history.get(prompt_id, []):
            if release.revision == revision:
                return release
        raise NotReleased(f"{prompt_id} has no revision {revision}")

    def was_released(self, ref: PromptRef) -> bool:
        return any(release.version == ref.version for release in self.history.get(ref.prompt_id, []))

    def request(self, request_id: str) -> ReleaseRequest:
        if request_id not in self.requests:
            raise UnknownRequest(f"no request {request_id}")
        return self.requests[request_id]

    def put_request(self, request: ReleaseRequest) -> None:
        known = self.requests.get(request.request_id)
        if known and known.ended:
            raise RequestEnded(f"request {request.request_id} is {known.status}")
        if request.status not in (TRANSITIONS[known.status] if known else {"requested"}):
            raise IllegalTransition(f"request {request.request_id} cannot become {request.status}")
        self.requests[request.request_id] = request

    def approval(self, approval_id: str) -> Approval:
        if approval_id not in self.approvals:
            raise UnknownApproval("there is no such approval")
        return self.approvals[approval_id]

    def approval_of_request(self, request_id: str) -> Approval | None:
        return next((item for item in self.approvals.values() if item.request_id == request_id), None)

    def open_approvals(self) -> Sequence[Approval]:
        waiting = [self.approvals[approval_id] for approval_id in self.open.values()]
        return [approval for approval in waiting if approval.status == "PENDING"]

    def open_approval(self, approval: Approval, task_token: str) -> Approval | None:
        known = self.approval_of_request(approval.request_id)
        if known:
            self.tokens[known.approval_id] = task_token
            return None
        before = self.approvals.get(self.open.get(approval.subject.prompt_id, ""))
        superseded = None
        if before and before.status == "PENDING":
            superseded = replace(before, status="SUPERSEDED")
            self.approvals[before.approval_id] = superseded
        self.approvals[approval.approval_id] = approval
        self.open[approval.subject.prompt_id] = approval.approval_id
        self.tokens[approval.approval_id] = task_token
        return superseded

    def decide(
        self, approval: Approval, decision: Decision, actor: Actor, comment: str, now: str
    ) -> Approval:
        stored = self.approval(approval.approval_id)
        if stored.status != "PENDING":
            raise AlreadyDecided(f"{stored.status.lower()} at {stored.decided_at}")
        if now >= stored.expires_at:
            raise ApprovalExpired(f"the approval expired at {stored.expires_at}")
        decided = replace(stored, status=decision, decided_by=actor, decided_at=now, comment=comment)
        self.approvals[stored.approval_id] = decided
        return decided

    def task_token(self, approval_id: str) -> str:
        return self.tokens[approval_id]


class FakeLedgers:
    def __init__(self, registry: Registry, names: tuple[str, ...] = ("dev", "staging", "prod")) -> None:
        self.names = names
        self.by_name: dict[str, FakeLedger] = {}
        lower = None
        for name in names:
            lower = self.by_name[name] = FakeLedger(name, registry, lower)

    def __getitem__(self, environment: str) -> FakeLedger:
        if environment not in self.by_name:
            raise UnknownEnvironment(f"unknown environment {environment}")
        return self.by_name[environment]


class FakePointers:
    """Values by prompt id; `written` keeps all that was ever written, `down` makes writing fail."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = dict(values or {})
        self.written: list[tuple[str, str]] = []
        self.down = False
        self.writer = "arn:aws:iam::111122223333:user/oncall"

    def read(self, prompt_id: str) -> str | None:
        return self.values.get(prompt_id)

    def read_many(self, prompt_ids: Sequence[str]) -> Mapping[str, str]:
        return {prompt_id: self.values[prompt_id] for prompt_id in prompt_ids if prompt_id in self.values}

    def write(self, prompt_id: str, value: str) -> None:
        if self.down:
            raise EndpointDown("Parameter Store does not answer")
        self.values[prompt_id] = value
        self.written.append((prompt_id, value))

    def last_writer(self, prompt_id: str) -> str:
        return self.writer


class FakeReleaseRecords:
    def __init__(self) -> None:
        self.stored: dict[tuple[str, int], Release] = {}
        self.down = False

    def create(self, release: Release) -> None:
        if self.down:
            raise EndpointDown("S3 does not answer")
        self.stored.setdefault((release.prompt_id, release.version), release)

    def read(self, prompt_id: str, version: int) -> Release | None:
        return self.stored.get((prompt_id, version))


class FakeAlarms:
    def __init__(self) -> None:
        self.served: tuple[PromptRef, ...] = ()
        self.down = False

    def project(self, served: Sequence[PromptRef]) -> None:
        if self.down:
            raise EndpointDown("CloudWatch does not answer")
        self.served = tuple(served)


class FakeWorkflow:
    """`started` are request ids, `woken` the tokens' outcomes; tokens in `gone` wait no longer."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.woken: dict[str, Mapping[str, object]] = {}
        self.gone: set[str] = set()
        self.down = False

    def execution_arn(self, request_id: str) -> str:
        return f"arn:aws:states:eu-central-1:111122223333:execution:prompt-ops-release:{request_id}"

    def start(self, request_id: str, environment: str) -> None:
        if self.down:
            raise EndpointDown("Step Functions does not answer")
        self.started.append(request_id)

    def wake(self, task_token: str, outcome: Mapping[str, object]) -> bool:
        if task_token in self.gone:
            return False
        self.woken[task_token] = outcome
        return True


class Crash(BaseException):
    """The process is gone; nothing of ours may catch it."""


class CrashesAfter:
    """A port that dies once, right after one of its methods has done its work."""

    def __init__(self, port: object, method: str) -> None:
        self._port = port
        self._method = method
        self._alive = True

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name != self._method or not self._alive:
            return found

        def dying(*args: object, **kwargs: object) -> None:
            found(*args, **kwargs)
            self._alive = False
            raise Crash(name)

        return dying
