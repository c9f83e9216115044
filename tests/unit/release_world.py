"""A whole installation in memory: publish, evaluate, request, approve and walk a release."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from promptops.contract.answers import Reconciled, Requested, Unchanged
from promptops.contract.bodies import EvaluateBody, PromoteBody, RollbackBody
from promptops.contract.messages import Promoted
from promptops.domain.approval import Approval
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import EndpointDown
from promptops.domain.grader_set import GRADERS
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Risk, Thresholds
from promptops.domain.release_rules import subject_of
from promptops.domain.report import Evidence
from promptops.domain.request import RequestKind
from promptops.domain.restriction import next_restriction
from promptops.domain.version import Dataset, VersionRecord
from promptops.stages.archive import Archiver
from promptops.stages.promote import Promotion
from promptops.stages.reconcile import Reconciler
from promptops.stages.request import request
from promptops.stages.rollback import rollback
from tests.unit.evidence import a_report
from tests.unit.fakes import FakeArchive, FakeArtifacts, FakeClock, FakeRegistry
from tests.unit.fakes_evaluation import FakeReports
from tests.unit.fakes_release import (
    CrashesAfter,
    FakeAlarms,
    FakeLedgers,
    FakePointers,
    FakeReleaseRecords,
    FakeWorkflow,
)

ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")
BOB = Actor("oidc", "bob@example.com")
CAROL = Actor("iam", "arn:aws:iam::111122223333:user/carol")
PROMPT = "support-ticket"
MODEL = "some-model"
CASES = 5


class FlakyArtifacts(FakeArtifacts):
    """Artifacts whose store can be down."""

    down = False

    def load(self, record: VersionRecord) -> Artifact:
        if self.down:
            raise EndpointDown("S3 does not answer")
        return super().load(record)


class World:
    def __init__(self, *, environments: tuple[str, ...] = ("dev", "staging", "prod")) -> None:
        self.clock = FakeClock()
        self.registry = FakeRegistry()
        self.artifacts = FlakyArtifacts()
        self.reports = FakeReports()
        self.ledgers = FakeLedgers(self.registry, environments)
        self.pointers = {name: FakePointers() for name in environments}
        self.records = {name: FakeReleaseRecords() for name in environments}
        self.alarms = FakeAlarms()
        self.workflow = FakeWorkflow()
        self.archive = FakeArchive()

    def publish(self, version: int = 1, *, risk: Risk = "low", prompt_id: str = PROMPT) -> VersionRecord:
        ref = PromptRef(prompt_id, version)
        artifact = Artifact(prompt_id, (Message("user", f"text of v{version}"),), {"id": MODEL})
        object_version = self.artifacts.create(ref, artifact.to_bytes())
        assert object_version
        record = VersionRecord(
            ref=ref,
            sha256=artifact.digest(),
            size_bytes=len(artifact.to_bytes()),
            object_version=object_version,
            source_sha256=f"{version:064d}",
            model=MODEL,
            dataset=Dataset("datasets/cases.jsonl", "c" * 64, CASES),
            policy=Policy(risk, Thresholds()),
            owner="team",
            description="",
            rationale="",
            tags=(),
            published_by=ALICE,
            authors=("alice@example.com",),
            commit="",
            published_at=self.clock.now(),
        )
        assert self.registry.commit(record, after=self.registry.family(prompt_id))
        return record

    def evaluate(
        self,
        record: VersionRecord,
        *,
        score: float = 1.0,
        model_kind: str = "bedrock",
        cases: int = CASES,
        of: int = CASES,
        beside: str = "dev",
        evaluation_id: str = "",
        live_score: float | None = None,
        scores: Sequence[float] = (),
    ) -> Evidence:
        """Evidence of so many cases of the dataset, beside what is live in that environment."""
        head = self.ledgers[beside].head(record.ref.prompt_id)
        shown = PromptRef(head.prompt_id, head.version)
        live = self.registry.version(shown) if head.version and head.state == "live" else None
        report = a_report(
            record,
            live,
            evaluation_id=evaluation_id or f"evaluation-{len(self.reports.stored)}",
            at=self.clock.now(),
            scores=scores or [score] * cases,
            live_score=score if live_score is None else live_score,
            dataset_cases=of,
            model_kind=model_kind,
            beside=beside,
        )
        evidence = self.reports.store(report)
        self.registry.link_evidence(record.ref, evidence)
        return evidence

    def unclear(self, record: VersionRecord, *, evaluation_id: str = "") -> Evidence:
        """Evidence that is good, and too little to tell whether it is as good as what is live in dev."""
        scores = (1.0,) * (CASES - 1) + (0.8,)
        return self.evaluate(record, scores=scores, live_score=1.0, evaluation_id=evaluation_id)

    def promotion(self, environment: str) -> Promotion:
        return Promotion(
            environment=environment,
            asks_approval=environment == "prod",
            graders=GRADERS,
            accepted_model_kinds=("bedrock",),
            registry=self.registry,
            artifacts=self.artifacts,
            reports=self.reports,
            ledgers=self.ledgers,
            pointers=self.pointers[environment],
            records=self.records[environment],
            clock=self.clock,
        )

    def ask(
        self,
        ref: PromptRef,
        *,
        to: str,
        kind: RequestKind = "promote",
        by: Actor = ALICE,
        reason: str = "better answers",
        against: str = "",
        full: bool = False,
    ) -> Requested | Unchanged:
        version = f"v{ref.version}"
        return request(
            PromoteBody(ref.prompt_id, version, reason)
            if kind == "promote"
            else EvaluateBody(ref.prompt_id, version, against, full),
            by,
            to,
            request_hours=24,
            registry=self.registry,
            ledgers=self.ledgers,
            workflow=self.workflow,
            clock=self.clock,
        )

    def requested(self, ref: PromptRef, *, to: str, by: Actor = ALICE) -> str:
        """The id of a request that has begun, its evidence being valid."""
        answer = self.ask(ref, to=to, by=by)
        assert isinstance(answer, Requested)
        assert self.promotion(to).begin(answer.request_id).evidence == "valid"
        return answer.request_id

    def approve(self, request_id: str, environment: str) -> Approval:
        asked = self.ledgers[request_id.rpartition("-")[0]].request(request_id)
        ledger = self.ledgers[environment]
        approval = Approval(
            approval_id=f"{environment}-{len(ledger.approvals):032x}",
            request_id=request_id,
            subject=subject_of(asked, environment, ledger.head(asked.prompt_id)),
            reason=asked.reason,
            requested_by=asked.actor,
            authors=(),
            publishers=(),
            requested_at=self.clock.now(),
            expires_at=self.clock.later(1),
        )
        ledger.open_approval(approval, "token")
        return ledger.decide(approval, "APPROVED", BOB, "", self.clock.now())

    def release(self, record: VersionRecord, *, to: str = "dev") -> Promoted:
        """The release in the last environment of the way, evaluated and approved as it needs to be."""
        answer = self.ask(record.ref, to=to)
        assert isinstance(answer, Requested)
        request_id = answer.request_id
        if self.promotion(to).begin(request_id).evidence == "missing":
            self.evaluate(record, beside=to)
            self.promotion(to).begin(request_id)
        for environment in self.ledgers[to].request(request_id).path:
            promotion = self.promotion(environment)
            if promotion.check(request_id).approval == "required":
                self.approve(request_id, environment)
            done = promotion.promote(request_id)
        self.promotion(to).end(request_id, None)
        return done

    def released(self, *versions: int, to: str = "dev") -> None:
        for version in versions:
            self.release(self.publish(version), to=to)

    def roll_back(
        self,
        *,
        to: str = "",
        environment: str = "dev",
        op_id: str = "",
        reason: str = "it is worse",
        by: Actor = CAROL,
        leaves: str = "",
    ) -> Promoted:
        return rollback(
            RollbackBody(PROMPT, reason, to, op_id, leaves),
            by,
            ledger=self.ledgers[environment],
            registry=self.registry,
            artifacts=self.artifacts,
            pointers=self.pointers[environment],
            records=self.records[environment],
            clock=self.clock,
        )

    def reconciler(self, environment: str = "dev") -> Reconciler:
        return Reconciler(
            ledger=self.ledgers[environment],
            pointers=self.pointers[environment],
            records=self.records[environment],
            alarms=self.alarms,
            clock=self.clock,
            registry=self.registry,
            artifacts=self.artifacts,
            archive=self.archiver(environment).copy,
        )

    def archiver(self, environment: str = "dev") -> Archiver:
        highest = environment == self.ledgers.names[-1]
        return Archiver(
            self.ledgers[environment],
            self.archive,
            self.records[environment],
            self.registry if highest else None,
        )

    def reconcile(self, environment: str = "dev", *prompt_ids: str) -> Reconciled:
        return self.reconciler(environment).reconcile(prompt_ids)

    def change(self, ref: PromptRef, **changes: Any) -> None:
        self.registry.rows[ref] = replace(self.registry.rows[ref], **changes)

    def freeze(self, environment: str, reason: str) -> None:
        ledger = self.ledgers[environment]
        last = next(iter(ledger.restrictions(1)), None)
        ledger.restrict(
            next_restriction(
                environment, last, kind="freeze", actor=CAROL, reason=reason, at=self.clock.now()
            )
        )

    def revoke(self, ref: PromptRef, reason: str = "it insults customers") -> None:
        last = next(iter(self.registry.restrictions(ref.prompt_id)), None)
        self.registry.restrict(
            next_restriction(
                ref.prompt_id,
                last,
                kind="revoke",
                actor=CAROL,
                reason=reason,
                at=self.clock.now(),
                version=ref.version,
            )
        )

    def spoil(self, ref: PromptRef, fault: str) -> None:
        """Lose the artifact, or put other bytes in its place."""
        if fault == "missing":
            del self.artifacts.objects[ref]
        else:
            self.artifacts.objects[ref] = b"other bytes"

    def dying_ledgers(self, environment: str, method: str) -> FakeLedgers:
        """The same ledgers, one of which dies right after it has done this."""
        ledgers = copy(self.ledgers)
        dying: Any = CrashesAfter(self.ledgers[environment], method)
        ledgers.by_name = {**self.ledgers.by_name, environment: dying}
        return ledgers

    def pointer(self, environment: str = "dev") -> str | None:
        return self.pointers[environment].read(PROMPT)

    def head_pointer(self, environment: str = "dev") -> str:
        return self.ledgers[environment].head(PROMPT).pointer().to_text()
