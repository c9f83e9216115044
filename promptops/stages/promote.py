"""Promote: one environment's part in a release request, from its evidence to the moved pointer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promptops.contract.answers import Ended
from promptops.contract.messages import Begun, Checked, Promoted
from promptops.domain.approval import Approval
from promptops.domain.errors import ApprovalRequired, PromptOpsError
from promptops.domain.evidence_rules import Demands, bound_evidence, check_evidence, demands_of
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release, next_release
from promptops.domain.release_rules import (
    check_base,
    check_not_frozen,
    check_on_path,
    check_request,
    is_high_risk,
    needs_approval,
    operation_of,
    out_of_order,
    subject_of,
)
from promptops.domain.report import Report
from promptops.domain.request import ReleaseRequest, environment_of
from promptops.domain.request_end import stopped, succeeded
from promptops.domain.version import VersionRecord
from promptops.ports import (
    Artifacts,
    Clock,
    Commit,
    Ledger,
    Ledgers,
    Pointers,
    Registry,
    ReleaseRecords,
    Reports,
)
from promptops.projection import projected


@dataclass(frozen=True)
class Promotion:
    """The four tasks the workflow gives one environment; each may be repeated and then answers the same.

    Nothing the workflow carries is believed but the request's id: every task reads all facts again.
    `graders` is the grader set whose reports count.
    """

    environment: str
    asks_approval: bool
    graders: str
    accepted_model_kinds: tuple[str, ...]
    registry: Registry
    artifacts: Artifacts
    reports: Reports
    ledgers: Ledgers
    pointers: Pointers
    records: ReleaseRecords
    clock: Clock

    def begin(self, request_id: str) -> Begun:
        """The way of a request made here; its evidence is `valid`, or `missing` and must be made.

        Evidence made for this request that does not suffice raises why: EvaluationFailed, Inconclusive,
        StandInEvidence or EvidenceMismatch. Raises Conflict where the target has moved on: no model is asked
        for a release that cannot be.
        """
        request = self._ledger.request(request_id)
        record = self.registry.version(request.ref)
        now = self.clock.now()
        check_request(request, record, now)
        head = self._ledger.head(request.prompt_id)
        if request.kind == "promote" and not self._done(request, head):
            self._check_open(request, head)
        compared = self._compared(request, head)
        live = self._live(request, compared)
        demands = self._demands(request, record, compared)
        report = self._evidence(request, record, demands)
        if report and record.evidence:
            status = "promoting" if request.kind == "promote" else request.status
            text = f"evaluation: {report.verdict} with {report.score:.2f}"
            begun = request.step(now, text, status=status, report_sha256=record.evidence.sha256)
        else:
            begun = request.step(now, "evaluating", status="evaluating")
        self._ledger.put_request(begun)
        return Begun(
            request_id=request_id,
            environment=self.environment,
            prompt_id=request.prompt_id,
            version=request.version,
            evidence="valid" if report else "missing",
            path=list(request.path),
            against=request.compared_in,
            baseline=live.ref.version if live else 0,
            full=demands.full,
        )

    def check(self, request_id: str) -> Checked:
        """Whether the release may go on here and needs an approval; asked before anybody is bothered."""
        request = self._home(request_id).request(request_id)
        head = self._ledger.head(request.prompt_id)
        if self._done(request, head):
            return Checked(request_id, self.environment, "done")
        record = self.registry.version(request.ref)
        check_request(request, record, self.clock.now())
        self._check_open(request, head)
        check_not_frozen(self.environment, self._ledger.frozen_because())
        if self._lower and not self.ledgers[self._lower].was_released(request.ref):
            raise out_of_order(request.ref, self._lower)
        approval = "required" if self._needs_approval(record, head) else "none"
        return Checked(request_id, self.environment, approval)

    def promote(self, request_id: str) -> Promoted:
        """The release, committed once however often this is called, and whether the pointer follows."""
        home = self._home(request_id)
        request = home.request(request_id)
        head = self._ledger.head(request.prompt_id)
        operation = operation_of(request, self.environment)
        release = self._ledger.release_of_operation(operation)
        if release is None and head.serves(request.version, request.sha256):
            return self._promoted(self._ledger.release(head.prompt_id, head.revision), unchanged=True)
        if release is None:
            try:
                release = self._released(request, head, home)
            except PromptOpsError:
                # Another run of this task may have released, and used the approval, while this one prepared.
                release = self._ledger.release_of_operation(operation)
                if release is None:
                    raise
        return self._promoted(release, unchanged=False)

    def end(self, request_id: str, error: Mapping[str, object] | None) -> Ended:
        """The request with how it ended; the first end stays."""
        request = self._ledger.request(request_id)
        if not request.ended:
            now = self.clock.now()
            request = succeeded(request, now) if error is None else stopped(request, error, now)
            self._ledger.put_request(request)
        return Ended(request_id, request.status)

    @property
    def _ledger(self) -> Ledger:
        return self.ledgers[self.environment]

    @property
    def _lower(self) -> str | None:
        position = self.ledgers.names.index(self.environment)
        return self.ledgers.names[position - 1] if position else None

    def _home(self, request_id: str) -> Ledger:
        return self.ledgers[environment_of(request_id)]

    def _done(self, request: ReleaseRequest, head: Head) -> bool:
        operation = operation_of(request, self.environment)
        live = head.serves(request.version, request.sha256)
        return live or self._ledger.release_of_operation(operation) is not None

    def _check_open(self, request: ReleaseRequest, head: Head) -> None:
        check_on_path(request, self.environment)
        winner = self._ledger.release(head.prompt_id, head.revision) if head.revision else None
        check_base(request, self.environment, head, winner)

    def _compared(self, request: ReleaseRequest, head: Head) -> Head | None:
        """The head where the version is compared; None where it is not."""
        if request.compared_in in ("", self.environment):
            return head if request.compared_in else None
        return self.ledgers[request.compared_in].head(request.prompt_id)

    def _live(self, request: ReleaseRequest, compared: Head | None) -> VersionRecord | None:
        """The other version that is live there; None where there is none."""
        if compared is None or compared.state != "live":
            return None
        return None if compared.serves(request.version, request.sha256) else self._last(compared)

    def _last(self, head: Head | None) -> VersionRecord | None:
        """What was released last, be it retired by now: only a release lowers the risk it had."""
        if head is None or not head.version:
            return None
        return self.registry.version(PromptRef(head.prompt_id, head.version))

    def _demands(self, request: ReleaseRequest, record: VersionRecord, compared: Head | None) -> Demands:
        live, strict = self._live(request, compared), is_high_risk(record, self._last(compared))
        return demands_of(request, live, self.graders, self.accepted_model_kinds, strict=strict)

    def _evidence(self, request: ReleaseRequest, record: VersionRecord, demands: Demands) -> Report | None:
        evidence = record.evidence
        if evidence is None:
            return None
        fresh = evidence.evaluated_at >= request.requested_at
        if request.kind == "evaluate" and not fresh:
            return None
        try:
            return check_evidence(record, self.reports.load(evidence), demands)
        except PromptOpsError as problem:
            if fresh or problem.retryable:
                raise
            return None

    def _needs_approval(self, record: VersionRecord, head: Head) -> bool:
        return needs_approval(record, self._last(head), asked_for=self.asks_approval)

    def _released(self, request: ReleaseRequest, head: Head, home: Ledger) -> Release:
        commit = self._commit(request, head)
        if home is self._ledger and request.status != "promoting":
            home.put_request(request.step(commit.release.at, "approved, promoting", status="promoting"))
        return self._ledger.commit(commit)

    def _commit(self, request: ReleaseRequest, head: Head) -> Commit:
        now = self.clock.now()
        record = self.registry.version(request.ref)
        check_request(request, record, now)
        self._check_open(request, head)
        demands = self._demands(request, record, self._compared(request, head))
        check_evidence(record, self.reports.load(bound_evidence(request, record)), demands)
        self.artifacts.load(record)
        approval = self._approval(request, head, now) if self._needs_approval(record, head) else None
        release = next_release(
            head,
            version=request.version,
            sha256=record.sha256,
            kind="promote",
            actor=request.actor,
            reason=request.reason,
            at=now,
            op_id=operation_of(request, self.environment),
            request_id=request.request_id,
            approval_id=approval.approval_id if approval else "",
            report_sha256=request.report_sha256,
        )
        return Commit(release, head, self._lower, approval)

    def _approval(self, request: ReleaseRequest, head: Head, now: str) -> Approval:
        approval = self._ledger.approval_of_request(request.request_id)
        if approval is None:
            raise ApprovalRequired(f"{request.ref} is high risk", "Another person must approve this release.")
        approval.check_grants(subject_of(request, self.environment, head), now)
        return approval

    def _promoted(self, release: Release, *, unchanged: bool) -> Promoted:
        return projected(
            release, ledger=self._ledger, pointers=self.pointers, records=self.records, unchanged=unchanged
        )
