"""Where bad input arrives: a prompt folder, the command and the API of an installation in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from promptops.aws.http_api import respond_error
from promptops.cli import line as line_module
from promptops.cli.boundary import run as run_command
from promptops.cli.line import open_line
from promptops.contract.bodies import DatasetBody, PromoteBody, PublishBody
from promptops.domain.errors import PromptOpsError, every_error, from_dict
from promptops.domain.source import PromptSource
from promptops.stages.publish import publish
from promptops.stages.request import request
from promptops.stages.upload_dataset import upload
from tests.unit.cli.stack import ENVIRONMENTS, Stack, run
from tests.unit.fakes import FakeDatasets
from tests.unit.release_world import ALICE

METADATA = """\
schema: 1
prompt_id: support-ticket
owner: ml-platform
risk: low
rationale: first
messages:
  - {role: system, file: system.md}
  - {role: user, file: user.md}
model: {id: some.model-v1:0, provider: bedrock}
variables:
  ticket: {type: string, max_chars: 800}
  days: {type: number, default: 3}
thresholds: {min_score: 0.8, min_cases: 1}
dataset: {file: cases.jsonl}
"""
CASE = '{"id": "one", "vars": {"ticket": "x"}, "assert": [{"type": "contains", "value": "x"}]}\n'


@dataclass(frozen=True)
class Refusal:
    """What somebody got who did something wrong. `http_status` is 0 where no request was answered."""

    line: str
    exit_code: int
    document: Mapping[str, Any]
    http_status: int = 0

    @property
    def code(self) -> str:
        return self.line.partition(":")[0]


class Place:
    """A good prompt folder to spoil, and what people do with it; what they do twice is refused twice."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self.stack = Stack(monkeypatch)
        self.world = self.stack.world
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        blocks = folder.parent / "_blocks"
        folder.mkdir()
        blocks.mkdir()
        (folder / "prompt.yaml").write_text(METADATA)
        (folder / "system.md").write_text("Answer within {{days}} days.\n{{> polite}}\n")
        (folder / "user.md").write_text("{{ticket}}\n")
        (folder / "cases.jsonl").write_text(CASE)
        (blocks / "polite.md").write_text("Be polite.\n")
        self._serve()

    def metadata(self, old: str, new: str) -> Place:
        """The same place with something else in prompt.yaml."""
        assert old in METADATA
        return self.file("prompt.yaml", METADATA.replace(old, new))

    def file(self, name: str, content: str | bytes) -> Place:
        """The same place with another file; `../_blocks/…` is a block."""
        written = content if isinstance(content, bytes) else content.encode()
        (self.folder / name).write_bytes(written)
        return self

    def user(self, text: str | bytes) -> Place:
        """The same place with another user message."""
        return self.file("user.md", text)

    def validates(self) -> Refusal:
        return self.types("validate", str(self.folder))

    def types(self, *arguments: str, env: Mapping[str, str] | None = None) -> Refusal:
        """What a command says, to people and to scripts; fails unless it refuses."""
        plain = run(*arguments, env=env)
        scripted = run(arguments[0], "--json", *arguments[1:], env=env)
        assert plain.stdout == ""
        assert scripted.stderr == plain.stderr
        document = json.loads(scripted.stdout)["error"]
        assert scripted.exit_code == plain.exit_code
        # Progress may come before; the error is the last word.
        return Refusal(plain.stderr.splitlines(keepends=True)[-1], plain.exit_code, document)

    def unplugged(self) -> Place:
        """The same place where commands look for AWS themselves."""
        self._monkeypatch.setattr(line_module, "open_line", open_line)
        return self

    def sends(self, call: Callable[[], object]) -> Refusal:
        """What the API answers to a call, and what the command says about that answer."""
        with pytest.raises(PromptOpsError) as refused:
            call()
        answer = respond_error(refused.value)
        found = json.loads(answer["body"])["error"]

        def command() -> object:
            raise from_dict(found)

        self._capsys.readouterr()
        exit_code = run_command(command, as_json=True)
        said = self._capsys.readouterr()
        document = json.loads(said.out)["error"]
        assert document == json.loads(json.dumps(found))
        return Refusal(said.err, exit_code, document, answer["statusCode"])

    def publish(self, document: Mapping[str, Any], dataset: str = CASE, version: str = "") -> Any:
        """POST /v1/publish, as the function does it."""
        return publish(
            PromptSource.from_dict(document),
            dataset,
            ALICE,
            (),
            "",
            pinned=version,
            registry=self.world.registry,
            artifacts=self.world.artifacts,
            datasets=FakeDatasets(),
            archive=self.world.archive,
            clock=self.world.clock,
        )

    def _serve(self) -> None:
        self.stack.serve()
        answers = self.stack.api.answers

        def published(body: Mapping[str, Any]) -> Mapping[str, Any]:
            sent = PublishBody.from_event(body)
            done: Mapping[str, Any] = self.publish(sent.source, sent.dataset, sent.version).to_dict()
            return done

        answers["/v1/publish"] = published
        answers["/v1/datasets"] = lambda body: upload(
            DatasetBody.from_event(body).cases, datasets=FakeDatasets()
        ).to_dict()
        for environment in ENVIRONMENTS:
            answers[f"/v1/{environment}/promote"] = self._promote(environment)
        for path, answer in list(answers.items()):
            if callable(answer):
                answers[path] = _over_the_wire(answer)

    def _promote(self, environment: str) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
        world = self.world
        return lambda body: request(
            PromoteBody.from_event(body),
            ALICE,
            environment,
            request_hours=24,
            registry=world.registry,
            ledgers=world.ledgers,
            workflow=world.workflow,
            clock=world.clock,
        ).to_dict()


def _over_the_wire(
    answer: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """The same answer as JSON; an error is what the command makes of the API's answer."""

    def answered(body: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            done: Mapping[str, Any] = json.loads(json.dumps(answer(json.loads(json.dumps(body)))))
        except Exception as error:
            raise from_dict(json.loads(respond_error(error)["body"])["error"]) from None
        return done

    return answered


def exit_code_of(code: str) -> int:
    """The exit code every error with this code has."""
    (found,) = {error.exit_code for error in every_error() if error.code == code}
    return found
