"""A command run against an installation in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from promptops.cli import line as line_module
from promptops.cli.line import Line
from promptops.cli.main import app
from promptops.contract.settings import EnvironmentSettings, Installation
from promptops.domain.artifact import Artifact
from promptops.domain.errors import PromptOpsError
from promptops.domain.people import People, Person
from promptops.domain.report import Evidence, Report
from promptops.domain.version import VersionRecord
from promptops.ports import Pointers
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


class FakeLine(Line):
    """A line to a World; every part is there already, so that nothing opens a connection."""

    def __init__(self, world: World) -> None:
        super().__init__("", "", "prompt-ops")
        self.world = world
        self.fake_api = FakeApi()
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
        )

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

    def run(self, *arguments: str) -> Result:
        return run(*arguments)

    def document(self, *arguments: str) -> dict[str, Any]:
        """The one JSON document a command prints; its exit code is checked by the caller's other runs."""
        found: dict[str, Any] = json.loads(run(*arguments, "--json").stdout)
        return found


def run(*arguments: str, env: Mapping[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), env=dict(env or {}), prog_name="promptops")
