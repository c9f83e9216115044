"""A whole installation in memory: publish, evaluate, request, approve and walk a release."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import Any

from promptops.contract.answers import Reconciled, Requested, Unchanged
from promptops.contract.bodies import PromoteBody, RollbackBody
from promptops.contract.messages import Promoted
from promptops.domain.approval import Approval
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import EndpointDown
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Risk, Thresholds
from promptops.domain.release_rules import subject_of
from promptops.domain.report import Binding, CaseResult, Evidence, Report
from promptops.domain.request import RequestKind
from promptops.domain.restriction import next_restriction
from promptops.domain.version import Dataset, VersionRecord
from promptops.stages.archive import Archiver
from promptops.stages.promote import Promotion
from promptops.stages.reconcile import Reconciler
from promptops.stages.request import request
from promptops.stages.rollback import rollback
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
GRADERS = "builtin/1"
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
        self, record: VersionRecord, *, score: float = 1.0, model_kind: str = "bedrock", cases: int = CASES
    ) -> Evidence:
        report = Report(
            evaluation_id=f"evaluation-{len(self.reports.stored)}",
            prompt_id=record.ref.prompt_id,
            version=record.ref.version,
            binding=Binding(record.sha256, record.dataset.sha256, GRADERS, MODEL, model_kind),
            thresholds=record.policy.thresholds,
            cases=tuple(
                CaseResult(f"case-{number}", score, score == 1, False, (), 10, 10, 10)
                for number in range(cases)
            ),
            started_at=self.clock.now(),
            finished_at=self.clock.now(),
        )
        evidence = self.reports.store(report)
        self.registry.link_evidence(record.ref, evidence)
        return evidence

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
    ) -> Requested | Unchanged:
        return request(
            kind,
            PromoteBody(ref.prompt_id, f"v{ref.version}", reason),
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
        if record.evidence is None:
            self.evaluate(record)
        request_id = self.requested(record.ref, to=to)
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
