"""What is written to logs: one line a record, never a prompt's text, a variable's value or a case."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from promptops.asking.patience import Patience
from promptops.asking.run import Asking
from promptops.aws.emf import EmfSink
from promptops.aws.http_api import respond_error
from promptops.contract.messages import EvaluateTask
from promptops.domain.artifact import Artifact
from promptops.domain.errors import ModelUnavailable
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.question import ModelName, Question
from promptops.domain.resolved import described
from promptops.domain.source import PromptSource
from promptops.evaluation_ports import Answer, Embedded
from promptops.stages.evaluate import Evaluation
from promptops.stages.observe import observe
from promptops.stages.publish import publish
from promptops.stages.resolve import Resolver
from promptops.subject import Subjects
from tests.unit.fakes import FakeDatasets
from tests.unit.fakes_evaluation import FakeChunkResults, FakeRuns
from tests.unit.release_world import PROMPT, World

CANARY = "canary-4f1c9a"
FORGED = '\n{"level": "INFO", "message": "forged"}\r\n\x1b[2Jforged'
SOURCE = {
    "prompt_id": PROMPT,
    "owner": "ml-platform",
    "risk": "low",
    "rationale": "first",
    "messages": [{"role": "user", "content": f"{CANARY} {{{{ticket}}}}"}],
    "model": {"id": "some-model", "provider": "bedrock"},
    "variables": {"ticket": {}},
    "thresholds": {"min_cases": 1},
}
CASE = json.dumps(
    {"id": "one", "vars": {"ticket": CANARY}, "assert": [{"type": "contains", "value": CANARY}]}
)


class Model:
    """Answers with the canary, or is down."""

    def __init__(self, *, down: bool) -> None:
        self._down = down

    def answer(self, question: Question) -> Answer:
        if self._down:
            raise ModelUnavailable("the model did not answer", "Try again.")
        return Answer(f"{CANARY} indeed", input_tokens=1, output_tokens=1, latency_ms=1)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        raise AssertionError("no assertion asks for vectors")


class Reader:
    """The artifact bucket as those who resolve see it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, prompt_id: str, version: int, sha256: str) -> Artifact:
        return self._world.artifacts.load(self._world.registry.version(PromptRef(prompt_id, version)))


def published(world: World) -> PromptRef:
    datasets: Any = FakeDatasets()
    done = publish(
        PromptSource.from_dict(SOURCE),
        CASE,
        Actor("iam", "arn"),
        (),
        "",
        registry=world.registry,
        artifacts=world.artifacts,
        datasets=datasets,
        archive=world.archive,
        clock=world.clock,
    )
    for down in (True, False):
        evaluation = Evaluation(
            Subjects(registry=world.registry, artifacts=world.artifacts, datasets=datasets),
            world.registry,
            FakeChunkResults(),
            world.reports,
            FakeRuns(),
            Asking(Model(down=down), patience=Patience(attempts=1)),
            world.clock,
            kind_of=lambda model: "bedrock",
            chunk_cases=1,
        )
        task = EvaluateTask("plan", PROMPT, 1, "evaluation")
        plan = evaluation.plan(task)
        task = replace(task, run_id=plan.run_id, chunks=1, started_at=plan.started_at)
        try:
            evaluation.chunk(replace(task, chunk=plan.sample[0]))
            evaluation.report(task)
        except ModelUnavailable as error:
            respond_error(error)
    return done.record.ref


def test_no_text_of_a_prompt_a_case_or_a_use_is_logged_on_its_whole_way(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    world = World()
    ref = published(world)
    world.release(world.registry.version(ref))
    world.pointers["dev"].values[PROMPT] = CANARY
    world.reconcile()
    resolver = Resolver(
        "dev",
        pointers=world.pointers["dev"],
        artifacts=Reader(world),
        records=world.records["dev"],
    )
    uses: list[dict[str, Any]] = [{"ticket": CANARY}, {"ticket": 1}, {CANARY: 1}, {"ticket": CANARY * 9_999}]
    for variables in uses:
        try:
            described(resolver.resolve(PROMPT), variables)
        except Exception as error:
            respond_error(error)

    assert caplog.records
    pointer = [record for record in caplog.records if "held" in record.getMessage()]
    formatter = logging.Formatter()
    written = "\n".join(formatter.format(record) for record in caplog.records if record not in pointer)
    assert CANARY not in written
    assert all("\n" not in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("value", [FORGED, f"v1{FORGED}", "\u202e" * 3, f'{{"a": "{FORGED}'])
def test_what_somebody_typed_into_a_pointer_forges_no_line(
    value: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    world = World()
    world.released(1)
    world.pointers["dev"].values[PROMPT] = value
    world.reconcile()

    messages = [record.getMessage() for record in caplog.records]

    assert messages
    assert all(message.isprintable() for message in messages)


def test_a_use_is_one_line_whatever_its_labels_hold() -> None:
    stream = io.StringIO()
    record = {
        "environment": "dev",
        "prompt_id": PROMPT,
        "version": "v1",
        "quality": 1,
        "exposure_id": FORGED,
        "error_class": "\u2028\u202e",
    }

    observe([record] * 3, environments=["dev"], sink=EmfSink("prompt-ops", stream=stream))

    lines = stream.getvalue().split("\n")
    assert lines.pop() == ""
    assert len(lines) == 3
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert {json.loads(line)["exposure_id"] for line in lines} == {FORGED}
