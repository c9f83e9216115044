"""A command run against an installation in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from promptops.cli import line as line_module
from promptops.cli.line import Line
from promptops.cli.main import app
from promptops.contract.bodies import DrillBody, FreezeBody, RetireBody, RevokeBody, RollbackBody
from promptops.contract.settings import EnvironmentSettings, Installation
from promptops.domain.artifact import Artifact
from promptops.domain.errors import PromptOpsError
from promptops.domain.people import People, Person
from promptops.domain.report import Evidence, Report
from promptops.domain.version import VersionRecord
from promptops.ports import Pointers
from promptops.stages.drill import Drills
from promptops.stages.freeze import freeze, unfreeze
from promptops.stages.retire import retire
from promptops.stages.revoke import revoke, unrevoke
from promptops.stages.rollback import rollback
from tests.unit.fakes_evaluation import FakePastEvaluations, FakeRuns
from tests.unit.release_world import ALICE, BOB, CAROL, World

ENVIRONMENTS = ["dev", "staging", "prod"]
API_URL = "https://api.example"
PEOPLE = People(
    [
        Person("Alice", ("alice@example.com",), (ALICE.identity,)),
        Person("Bob", (BOB.identity,)),
        Person("Carol", ("carol@example.com",), (CAROL.identity,)),
    ]
)
Answer = Mapping[str, Any] | PromptOpsError | Callable[[Mapping[str, Any]], Mapping[str, Any]]


class FakeApi:
    """Answers by path; keeps what was posted, and whether it may be repeated."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.posted: list[tuple[str, Mapping[str, Any], bool]] = []

    def post(self, path: str, body: Mapping[str, Any], *, repeatable: bool) -> Mapping[str, Any]:
        self.posted.append((path, body, repeatable))
        answer = self.answers[path]
        if isinstance(answer, PromptOpsError):
            raise answer
        return answer(body) if callable(answer) else answer

    def reach(self) -> None:
        return


class Gone(Exception):
    """Bedrock's answer about a model it does not know."""


class FakeBedrock:
    """Models by id: their lifecycle, or None for those it does not know; all others are active."""

    exceptions = SimpleNamespace(ResourceNotFoundException=Gone, ValidationException=Gone)

    def __init__(self) -> None:
        self.meta = SimpleNamespace(endpoint_url="https://bedrock.eu-central-1.amazonaws.com")
        self.lifecycles: dict[str, Mapping[str, Any] | None] = {}
        self.asked: list[str] = []

    def get_foundation_model(self, *, modelIdentifier: str) -> Mapping[str, Any]:
        self.asked.append(modelIdentifier)
        lifecycle = self.lifecycles.get(modelIdentifier, {"status": "ACTIVE"})
        if lifecycle is None:
            raise Gone
        return {"modelDetails": {"modelLifecycle": lifecycle}}


class FakeLine(Line):
    """A line to a World; every part is there already, so that nothing opens a connection."""

    def __init__(self, world: World) -> None:
        super().__init__("", "", "prompt-ops")
        self.world = world
        self.fake_api = FakeApi()
        self.bedrock = FakeBedrock()
        self.status_of_execution = "RUNNING"
        self.__dict__.update(
            installation=Installation(
                environments=ENVIRONMENTS,
                registry_table="registry",
                ledger_tables={name: f"ledger-{name}" for name in ENVIRONMENTS},
                artifact_bucket="artifacts",
                api_url=API_URL,
                approval_page_url=f"{API_URL}/approvals",
                state_machine_arn="arn:aws:states:eu-central-1:111122223333:stateMachine:prompt-ops-release",
                region="eu-central-1",
                release=version("promptops"),
            ),
            registry=world.registry,
            ledgers=world.ledgers,
            api=self.fake_api,
            people=PEOPLE,
            runs=FakeRuns(),
            past_evaluations=FakePastEvaluations(world.reports),
        )

    def client(self, service: Any, connections: int = 1) -> Any:
        assert service == "bedrock"
        return self.bedrock

    def api_for(self, environment: str) -> Any:
        return self.fake_api

    def settings(self, environment: str) -> EnvironmentSettings:
        self.environment(environment)
        return EnvironmentSettings("artifacts", "eu-central-1", 30, API_URL)

    def pointers(self, environment: str) -> Pointers:
        return self.world.pointers[environment]

    def artifact(self, record: VersionRecord) -> Artifact:
        return self.world.artifacts.load(record)

    def report(self, evidence: Evidence) -> Report:
        return self.world.reports.load(evidence)

    def execution_status(self, arn: str) -> str:
        return self.status_of_execution


class Stack:
    """The installation, and commands run against it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = World()
        self.line = FakeLine(self.world)
        self.api = self.line.fake_api
        monkeypatch.setattr(line_module, "open_line", lambda profile, region, prefix: self.line)

    def serve(self) -> None:
        """Have the API do what the functions behind it do to the World; carol is the caller."""
        for environment in ENVIRONMENTS:
            for verb, answer in self._verbs(environment).items():
                self.api.answers[f"/v1/{environment}/{verb}"] = answer
        parts = self._parts(ENVIRONMENTS[-1])
        registry, clock = self.world.registry, self.world.clock
        self.api.answers["/v1/revoke"] = lambda body: revoke(
            RevokeBody.from_event(body), CAROL, **parts, registry=registry, artifacts=self.world.artifacts
        ).to_dict()
        self.api.answers["/v1/unrevoke"] = lambda body: unrevoke(
            RevokeBody.from_event(body), CAROL, registry=registry, clock=clock
        ).to_dict()

    def _verbs(self, environment: str) -> dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]:
        world, parts = self.world, self._parts(environment)
        bytes_of = {"registry": world.registry, "artifacts": world.artifacts}
        drills = Drills(
            is_highest=environment == ENVIRONMENTS[-1],
            **parts,
            **bytes_of,
            archive=world.archive,
            monotonic=partial(next, iter(range(100))),
        )
        frozen = {"ledger": parts["ledger"], "clock": world.clock}
        return {
            "rollback": lambda body: rollback(
                RollbackBody.from_event(body), CAROL, **parts, **bytes_of
            ).to_dict(),
            "retire": lambda body: retire(RetireBody.from_event(body), CAROL, **parts).to_dict(),
            "drill": lambda body: drills.drill(DrillBody.from_event(body), CAROL).to_dict(),
            "freeze": lambda body: freeze(FreezeBody.from_event(body), CAROL, **frozen).to_dict(),
            "unfreeze": lambda body: unfreeze(FreezeBody.from_event(body), CAROL, **frozen).to_dict(),
        }

    def _parts(self, environment: str) -> dict[str, Any]:
        world = self.world
        return {
            "ledger": world.ledgers[environment],
            "pointers": world.pointers[environment],
            "records": world.records[environment],
            "clock": world.clock,
        }

    def run(self, *arguments: str) -> Result:
        return run(*arguments)

    def document(self, *arguments: str) -> dict[str, Any]:
        """The one JSON document a command prints; its exit code is checked by the caller's other runs."""
        found: dict[str, Any] = json.loads(run(*arguments, "--json").stdout)
        return found


def run(*arguments: str, env: Mapping[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), env=dict(env or {}), prog_name="promptops")
