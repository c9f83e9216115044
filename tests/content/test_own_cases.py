"""Each prompt passes its own cases, asked over HTTP as the product asks; a dead server gives no verdict."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptops.domain.errors import ModelUnavailable
from promptops.domain.question import Question
from promptops.evaluation_ports import Answer
from promptops.models.openai_compatible import OpenAiCompatible
from tests.content.edits import without_line
from tests.content.edits_support_ticket import FORMAT, LIMIT, ROLE
from tests.content.family import FAMILIES, Family
from tests.content.models import THREADS, StandIn, served

ROOT = Path(__file__).parents[2]
BEFORE_DEATH = 3


@pytest.mark.parametrize("prompt_id", FAMILIES)
def test_a_prompt_passes_its_own_cases(model: str, prompt_id: str) -> None:
    run = Family.load(prompt_id).evaluated(served(model), threads=THREADS)

    assert run.gate.verdict == "pass", run.gate.reasons
    assert run.score >= 0.9
    assert not run.failed_critical


class Killed:
    """A model server that is killed after it has answered a few times."""

    def __init__(self, process: subprocess.Popen[str], model: OpenAiCompatible) -> None:
        self._process, self._model = process, model
        self.answered = 0
        self.unavailable = 0

    def answer(self, question: Question) -> Answer:
        if self.answered == BEFORE_DEATH:
            self._process.kill()
            self._process.wait()
        try:
            answer = self._model.answer(question)
        except ModelUnavailable:
            self.unavailable += 1
            raise
        self.answered += 1
        return answer


@pytest.fixture
def killed() -> Iterator[Killed]:
    command = [sys.executable, "-m", "infra.local.model_server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Killed(process, served(process.stdout.readline().strip()))


@pytest.mark.parametrize("prompt_id", FAMILIES)
def test_a_model_server_that_dies_is_an_error_and_never_a_verdict(killed: Killed, prompt_id: str) -> None:
    run = Family.load(prompt_id).evaluated(killed)

    assert run.gate.verdict == "error"
    assert killed.answered == BEFORE_DEATH
    assert killed.unavailable > 0
    assert [result.error for result in run.results].count("") == BEFORE_DEATH
    assert {result.error for result in run.results} == {"", ModelUnavailable.code}


def test_refunds_are_released_as_high_risk_and_the_others_as_low() -> None:
    risks = {prompt_id: Family.load(prompt_id).source.policy.risk for prompt_id in FAMILIES}

    assert risks == {prompt_id: "high" if prompt_id == "refund-policy" else "low" for prompt_id in FAMILIES}


def test_the_support_prompt_begins_with_the_wording_in_use() -> None:
    system = Family.load("support-ticket").templates[0].content

    assert system.splitlines()[:3] == [ROLE, FORMAT, LIMIT]


def test_an_intent_whose_definition_is_lost_falls_under_its_floor_though_the_score_does_not() -> None:
    family = Family.load("intent-router")
    thresholds = family.source.policy.thresholds

    for intent, floor in thresholds.slices.items():
        run = family.evaluated(StandIn(), without_line(f"- {intent}:"))

        assert run.gate.verdict == "fail"
        assert run.score >= thresholds.min_score
        assert run.of_slice(intent) < floor
