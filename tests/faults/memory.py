"""The installation in memory, with everything that can go wrong between two calls."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from promptops.contract.answers import Reconciled, Unchanged
from promptops.contract.bodies import (
    DecisionBody,
    DrillBody,
    FreezeBody,
    PromoteBody,
    RetireBody,
    RevokeBody,
    RollbackBody,
)
from promptops.contract.messages import OpenApprovalTask, Promoted
from promptops.contract.names import archived_release_key
from promptops.domain.approval import Approval
from promptops.domain.artifact import Artifact
from promptops.domain.canonical import digest, sha256
from promptops.domain.errors import ArtifactMissing, EndpointDown, PromptOpsError, Throttled, Unavailable
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release
from promptops.domain.people import Actor, People, Person
from promptops.domain.policy import Risk
from promptops.domain.report import Report
from promptops.domain.request import environment_of
from promptops.domain.source import PromptSource
from promptops.domain.version import VersionRecord
from promptops.stages.approve import Desk, decide
from promptops.stages.drill import Drills
from promptops.stages.freeze import freeze, unfreeze
from promptops.stages.open_approval import open_approval
from promptops.stages.publish import publish
from promptops.stages.request import request
from promptops.stages.resolve import Resolver
from promptops.stages.retire import retire
from promptops.stages.revoke import revoke, unrevoke
from promptops.stages.rollback import rollback
from tests.faults.system import Capability, Died, Fault, Name, Service, Used
from tests.unit.fakes import FakeDatasets
from tests.unit.fakes_release import Crash, FakeLedger
from tests.unit.release_world import ALICE, BOB, CAROL, MODEL, World

ENVIRONMENTS = ("dev", "prod")
PROMPTS = ("support-ticket", "refund-policy")
ACTORS: dict[Name, Actor] = {"alice": ALICE, "bob": BOB, "carol": CAROL}
PEOPLE = People(
    [
        Person("alice", ("alice@example.com",), (ALICE.identity,)),
        Person("bob", (BOB.identity,)),
        Person("carol", ("carol@example.com",), (CAROL.identity,)),
    ]
)
AUTHORS = ("alice@example.com",)
CASES = "".join(
    json.dumps({"id": f"case-{number}", "vars": {"ticket": "db down"}, "assert": [{"type": "is-json"}]})
    + "\n"
    for number in range(5)
)
WRITING = {
    *("commit", "write", "create", "restrict", "put_request", "open_approval", "decide", "link_evidence"),
    *("store", "note_drift", "mark_archived", "keep", "start", "wake", "project"),
}
REASON = "better answers"


class Faults:
    """What is out of order: whole services until they recover, or one call of the command that runs."""

    def __init__(self) -> None:
        self.out: set[Service] = set()
        self._fault: Fault | None = None
        self._meanwhile: Callable[[], object] = lambda: None
        self._calls = 0

    @contextmanager
    def under(self, fault: Fault, meanwhile: Callable[[], object]) -> Iterator[None]:
        self._fault, self._meanwhile, self._calls = fault, meanwhile, 0
        try:
            yield
        except Crash as crash:
            raise Died from crash
        finally:
            self._fault = None

    def call(self, service: Service, name: str, real: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if service in self.out:
            raise EndpointDown(f"{service} does not answer")
        fault = self._fault
        if fault is None or (fault.kind == "lost reply" and name not in WRITING):
            return real(*args, **kwargs)
        self._calls += 1
        if self._calls != fault.at:
            return real(*args, **kwargs)
        self._fault = None
        if fault.kind == "throttled":
            raise Throttled(f"{service} asks to slow down")
        if fault.kind == "meanwhile":
            self._meanwhile()
            return real(*args, **kwargs)
        real(*args, **kwargs)
        if fault.kind == "crash":
            raise Crash(name)
        raise EndpointDown(f"{service} did not answer in time")


class Port:
    """A port whose calls go through the faults."""

    def __init__(self, port: object, service: Service, faults: Faults) -> None:
        self._port, self._service, self._faults = port, service, faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        return lambda *args, **kwargs: self._faults.call(self._service, name, found, *args, **kwargs)


class Noticing:
    """Pointers that note every value our code writes while no release of that kind is committed."""

    def __init__(self, real: Any, ledger: FakeLedger) -> None:
        self._real, self._ledger = real, ledger
        self.forbidden: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def write(self, prompt_id: str, value: str) -> None:
        committed = {item.head().pointer().to_text() for item in self._ledger.history.get(prompt_id, ())}
        if value not in committed:
            self.forbidden.append(f"{self._ledger.environment} {prompt_id}: {value}")
        self._real.write(prompt_id, value)


class Directory:
    def people(self) -> People:
        return PEOPLE

    def is_approver(self, email: str) -> bool:
        return True

    def approvers(self) -> frozenset[str]:
        return frozenset({"bob@example.com"})


class Kept(logging.Handler):
    """Every log line, as text."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


class MemorySystem:
    """Every stage of the product over ports in memory."""

    name = "memory"
    environments = ENVIRONMENTS
    prompts = PROMPTS
    capabilities: frozenset[Capability] = frozenset(
        {"faults", "outages", "time", "approvals", "evidence", "writes"}
    )

    def __init__(self) -> None:
        self.faults = Faults()
        #: How a version does when it is measured, as far as somebody measured it.
        self._good: dict[PromptRef, bool] = {}
        self.seconds = 1000.0
        self.log = Kept()
        # Thousands of commands fail on purpose: their lines are kept here and shown nowhere.
        self.logger = logging.getLogger("promptops")
        self.logging_before = (self.logger.level, self.logger.propagate)
        self.logger.addHandler(self.log)
        self.logger.setLevel(logging.DEBUG)
        self.logger.propagate = False
        self.truth = World(environments=ENVIRONMENTS)
        truth = self.truth
        self.datasets = FakeDatasets()
        self.noticing = {
            name: Noticing(truth.pointers[name], truth.ledgers.by_name[name]) for name in ENVIRONMENTS
        }
        # The world that commands run in: the same things, every call of which can go wrong.
        self.world: Any = World(environments=ENVIRONMENTS)
        self.world.clock = truth.clock
        self.world.registry = self._port(truth.registry, "dynamodb")
        self.world.artifacts = self._port(truth.artifacts, "s3")
        self.world.reports = self._port(truth.reports, "s3")
        self.world.archive = self._port(truth.archive, "s3")
        self.world.workflow = self._port(truth.workflow, "states")
        for name in ENVIRONMENTS:
            self.world.ledgers.by_name[name] = self._port(truth.ledgers.by_name[name], "dynamodb")
            self.world.pointers[name] = self._port(self.noticing[name], "ssm")
            self.world.records[name] = self._port(truth.records[name], "s3")
        self._ports = {
            "registry": self.world.registry,
            "artifacts": self.world.artifacts,
            "clock": self.world.clock,
        }

    def close(self) -> None:
        self.logger.removeHandler(self.log)
        self.logger.level, self.logger.propagate = self.logging_before

    def _port(self, real: object, service: Service) -> Any:
        return Port(real, service, self.faults)

    # ---- what goes wrong

    def under(self, fault: Fault, meanwhile: Callable[[], object]) -> Any:
        return self.faults.under(fault, meanwhile)

    def outage(self, service: Service) -> None:
        self.faults.out.add(service)

    def recover(self) -> None:
        self.faults.out.clear()

    def tick(self, seconds: float) -> None:
        self.seconds += seconds
        self.truth.clock.pass_hours(seconds / 3600)

    def now(self) -> float:
        return self.seconds

    # ---- commands

    def publish(self, prompt_id: str, content: int, risk: Risk) -> PromptRef:
        document = {
            "prompt_id": prompt_id,
            "owner": "team",
            "risk": risk,
            "rationale": REASON,
            "messages": [{"role": "user", "content": f"Text {content}: {{{{ticket}}}}"}],
            "model": {"id": MODEL, "provider": "bedrock"},
            "variables": {"ticket": {"type": "string"}},
        }
        done = publish(
            PromptSource.from_dict(document),
            CASES,
            ALICE,
            AUTHORS,
            "",
            registry=self.world.registry,
            artifacts=self.world.artifacts,
            datasets=self._port(self.datasets, "s3"),
            archive=self.world.archive,
            clock=self.world.clock,
        )
        return done.record.ref

    def evaluate(self, ref: PromptRef, *, good: bool, other_bytes: bool) -> None:
        record = self.world.registry.version(ref)
        if other_bytes:
            record = replace(record, sha256=sha256(b"other bytes"))
        self._good[ref] = good and not other_bytes
        self.world.evaluate(record, score=1.0 if good else 0.1)

    def ask(self, ref: PromptRef, environment: str, by: Name) -> str:
        answer = request(
            PromoteBody(ref.prompt_id, f"v{ref.version}", REASON),
            ACTORS[by],
            environment,
            request_hours=24,
            registry=self.world.registry,
            ledgers=self.world.ledgers,
            workflow=self.world.workflow,
            clock=self.world.clock,
        )
        return "" if isinstance(answer, Unchanged) else answer.request_id

    def decide(self, request_id: str, environment: str, by: Name, *, approve: bool) -> None:
        approval = self.world.ledgers[environment].approval_of_request(request_id)
        if approval is None:
            return
        desk = Desk(
            self.world.ledgers,
            self.world.registry,
            self.world.artifacts,
            self.world.reports,
            Directory(),
            self.world.clock,
        )
        body = DecisionBody("approve" if approve else "reject", "" if approve else "not like this")
        decide(approval.approval_id, body, ACTORS[by], desk=desk, workflow=self.world.workflow)

    def carry_on(self, request_id: str) -> None:
        home = environment_of(request_id)
        try:
            begun = self.world.promotion(home).begin(request_id)
            ref = PromptRef(begun.prompt_id, begun.version)
            if begun.evidence == "missing" and self._good.get(ref):
                # What the workflow does where the evidence is not beside what is live now.
                self.world.evaluate(self.world.registry.version(ref), beside=home)
                begun = self.world.promotion(home).begin(request_id)
            for environment in begun.path:
                self._carry_on_in(environment, request_id)
        except PromptOpsError as error:
            if not isinstance(error, Unavailable) and error.code != "E_APPROVAL_REQUIRED":
                stopped = {"Error": type(error).__name__, "Cause": json.dumps({"errorMessage": str(error)})}
                self.world.promotion(home).end(request_id, stopped)
            raise
        self.world.promotion(home).end(request_id, None)

    def _carry_on_in(self, environment: str, request_id: str) -> None:
        promotion = self.world.promotion(environment)
        if promotion.check(request_id).approval == "required":
            open_approval(
                OpenApprovalTask(
                    request_id=request_id, environment=environment, task_token=f"token-of-{request_id}"
                ),
                ledgers=self.world.ledgers,
                registry=self.world.registry,
                directory=Directory(),
                clock=self.world.clock,
                workflow=self.world.workflow,
                mails=(),
                page_url="https://page.example",
                hours=1,
            )
        promotion.promote(request_id)

    def promote(self, ref: PromptRef, environment: str, by: Name) -> None:
        if self.world.registry.version(ref).evidence is None:
            self.evaluate(ref, good=True, other_bytes=False)
        request_id = self.ask(ref, environment, by)
        if not request_id:
            return
        try:
            self.carry_on(request_id)
        except PromptOpsError as error:
            if error.code != "E_APPROVAL_REQUIRED":
                raise
            for asking in ENVIRONMENTS:
                self.decide(request_id, asking, "bob", approve=True)
            self.carry_on(request_id)

    def _protocol(self, environment: str) -> dict[str, Any]:
        return {
            "ledger": self.world.ledgers[environment],
            "pointers": self.world.pointers[environment],
            "records": self.world.records[environment],
            "clock": self.world.clock,
        }

    def _choosing(self, environment: str) -> dict[str, Any]:
        return {**self._protocol(environment), **self._ports}

    def roll_back(self, prompt_id: str, environment: str, *, to: int, op_id: str, reason: str) -> Promoted:
        body = RollbackBody(prompt_id, reason, f"v{to}" if to else "", op_id)
        return rollback(body, CAROL, **self._choosing(environment))

    def retire(self, prompt_id: str, environment: str, *, op_id: str, reason: str) -> Promoted:
        return retire(RetireBody(prompt_id, reason, op_id), CAROL, **self._protocol(environment))

    def drill(self, prompt_id: str, environment: str, *, op_id: str, reason: str) -> None:
        drills = Drills(
            **self._choosing(environment),
            is_highest=environment == ENVIRONMENTS[-1],
            archive=self.world.archive,
            monotonic=self.now,
        )
        drills.drill(DrillBody(prompt_id, reason, op_id), CAROL)

    def revoke(self, ref: PromptRef) -> None:
        body = RevokeBody(ref.prompt_id, f"v{ref.version}", "it insults customers")
        revoke(body, CAROL, **self._choosing(ENVIRONMENTS[-1]))

    def unrevoke(self, ref: PromptRef) -> None:
        body = RevokeBody(ref.prompt_id, f"v{ref.version}", "it was another one")
        unrevoke(body, CAROL, registry=self.world.registry, clock=self.world.clock)

    def freeze(self, environment: str) -> None:
        freeze(FreezeBody("a holiday"), CAROL, ledger=self.world.ledgers[environment], clock=self.world.clock)

    def unfreeze(self, environment: str) -> None:
        ledger = self.world.ledgers[environment]
        unfreeze(FreezeBody("work again"), CAROL, ledger=ledger, clock=self.world.clock)

    def reconcile(self, environment: str) -> Reconciled:
        return self.world.reconcile(environment)

    def put_by_hand(self, environment: str, prompt_id: str, text: str) -> None:
        self.truth.pointers[environment].values[prompt_id] = text

    def delete_by_hand(self, environment: str, prompt_id: str) -> None:
        self.truth.pointers[environment].values.pop(prompt_id, None)

    def client(self, environment: str, ttl_seconds: float) -> MemoryClient:
        return MemoryClient(self, environment, ttl_seconds)

    # ---- looking

    def head(self, environment: str, prompt_id: str) -> Head:
        return self.truth.ledgers[environment].head(prompt_id)

    def releases(self, environment: str, prompt_id: str) -> Sequence[Release]:
        return list(self.truth.ledgers[environment].history.get(prompt_id, ()))

    def pointer(self, environment: str, prompt_id: str) -> str | None:
        return self.truth.pointers[environment].read(prompt_id)

    def proven(self, environment: str, ref: PromptRef) -> bool:
        return (ref.prompt_id, ref.version) in self.truth.records[environment].stored

    def archived(self, environment: str, release: Release) -> bool:
        key = archived_release_key(environment, release.prompt_id, release.revision)
        return (self.truth.archive.read(key) or {}).get("release") == release.to_dict()

    def versions(self) -> Mapping[PromptRef, VersionRecord]:
        return dict(self.truth.registry.rows)

    def frozen(self, environment: str) -> bool:
        return bool(self.truth.ledgers[environment].frozen_because())

    def asks_approval(self, environment: str) -> bool:
        return environment == "prod"

    def approval(self, environment: str, approval_id: str) -> Approval:
        return self.truth.ledgers[environment].approval(approval_id)

    def person(self, approval: Approval) -> tuple[str, frozenset[str]]:
        decider = PEOPLE.of(approval.decided_by) if approval.decided_by else None
        requester, author = PEOPLE.of(approval.requested_by), PEOPLE.by_email(AUTHORS[0])
        return decider.name if decider else "", frozenset(one.name for one in (requester, author) if one)

    def report(self, release: Release) -> Report | None:
        stored = self.truth.reports.stored.values()
        return next((item for item in stored if _report_digest(item) == release.report_sha256), None)

    def forbidden_writes(self) -> Sequence[str]:
        return [write for noticing in self.noticing.values() for write in noticing.forbidden]

    def everything_kept(self) -> str:
        truth = self.truth
        rows = [truth.registry.rows, truth.registry.log, truth.artifacts.objects, truth.reports.stored]
        for ledger in truth.ledgers.by_name.values():
            rows += [ledger.history, ledger.requests, ledger.approvals, ledger.log, ledger.found]  # type: ignore[list-item]
        pointers = [pointers.values for pointers in truth.pointers.values()]
        return "\n".join([str(rows), str(pointers), str(truth.archive.objects), *self.log.lines])


class MemoryClient:
    """The resolver that applications use, on the system's time."""

    def __init__(self, system: MemorySystem, environment: str, ttl_seconds: float) -> None:
        self.environment = environment
        self.ttl_seconds = ttl_seconds
        self._system = system
        self._resolver = Resolver(
            environment,
            pointers=system.world.pointers[environment],
            artifacts=_Artifacts(system),
            records=system.world.records[environment],
            ttl_seconds=ttl_seconds,
            clock=system.now,
        )

    def use(self, prompt_id: str, ticket: str) -> Used:
        got = self._resolver.resolve(prompt_id)
        text = got.prompt.render({"ticket": ticket})[0]["content"]
        return Used(
            version=got.version,
            revision=got.revision,
            sha256=got.sha256,
            bytes_sha256=got.prompt.artifact.digest(),
            stale=got.stale,
            read_at=self._system.now() - got.age_seconds,
            text=text,
        )


class _Artifacts:
    """What clients read artifacts with."""

    def __init__(self, system: MemorySystem) -> None:
        self._system = system

    def read(self, prompt_id: str, version: int, sha256: str) -> Artifact:
        def read() -> Artifact:
            content = self._system.truth.artifacts.objects.get(PromptRef(prompt_id, version))
            if content is None:
                raise ArtifactMissing(f"{prompt_id}@v{version} is gone")
            return Artifact.from_bytes(content, sha256)

        found: Artifact = self._system.faults.call("s3", "read", read)
        return found


def _report_digest(report: Report) -> str:
    return digest(report.to_dict())
