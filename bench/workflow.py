"""A large evaluation through the deployed workflow on the local AWS: cases a second."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import product
from bench.rows import Row
from infra.local.bring_up import bring_up, take_down
from infra.local.environment import as_person
from infra.local.instance import Instance
from promptops.domain.question import ModelName, Question

CASES = int(os.environ.get("CASES", "10000"))
_MAX_SECONDS = 3_600
#: What asks the stand-in model for the limit: more at a time do not get more answers.
_AT_A_TIME = 8
_LIMIT_QUESTIONS = 800
_METADATA = """schema: 1
prompt_id: bench
description: Answers one question.
owner: bench
risk: low
rationale: Measured, never released.
messages:
  - {role: user, file: user.md}
model: {id: us.anthropic.claude-haiku-4-5-20251001-v1:0, provider: bedrock}
parameters: {max_tokens: 100, temperature: 0}
variables:
  question: {type: string, max_chars: 1000, description: What a customer asks.}
thresholds: {min_score: 0.1, min_cases: 1}
dataset: {file: cases.jsonl}
"""


def rows() -> list[Row]:
    """From the request to the written report, over every case; the limit is the stand-in model alone."""
    name = f"bench-{os.getpid()}"
    try:
        instance = bring_up(name)
        limit = _model_alone(instance)
        reached = _evaluated(instance)
    finally:
        take_down(name)
    group = f"workflow, {CASES:,} cases on the local AWS"
    return [
        Row(group, "limit: the stand-in model alone", limit, "cases/s", 1.0),
        Row(group, "promptops workflow", reached, "cases/s", reached / limit),
    ]


def _evaluated(instance: Instance) -> float:
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "bench"
        _write_prompt(folder)
        _typed(instance, "publish", str(folder))
        began = time.perf_counter()
        ended = _typed(instance, "evaluate", "bench@v1", "--full", "--timeout", str(_MAX_SECONDS))
        seconds = time.perf_counter() - began
    report = ended["report"]
    if report["verdict"] != "pass" or len(report["cases"]) != CASES:
        raise RuntimeError(f"{report['verdict']} over {len(report['cases'])} cases")
    return CASES / seconds


def _typed(instance: Instance, *arguments: str) -> dict[str, Any]:
    """What the command line answers to alice, however long it takes."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("promptops")), *arguments, "--json"],
        env={**inherited, **as_person(instance, "alice")},
        capture_output=True,
        text=True,
        timeout=_MAX_SECONDS + 60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"promptops {arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered


def _write_prompt(folder: Path) -> None:
    folder.mkdir()
    (folder / "prompt.yaml").write_text(_METADATA)
    (folder / "user.md").write_text(f"{product.PROMPT}\n")
    assertions = [{"type": "word-count", "value": {"min": 1}}]
    cases = (
        {
            "id": f"case-{number}",
            "vars": {"question": f"{number}: when is my card here?"},
            "assert": assertions,
        }
        for number in range(CASES)
    )
    (folder / "cases.jsonl").write_text("".join(json.dumps(case) + "\n" for case in cases))


def _model_alone(instance: Instance) -> float:
    model = product.openai_compatible(instance.model_url, _AT_A_TIME)
    prompt = product.prompt("stub")

    def ask(number: int) -> None:
        messages = prompt.render({"question": f"{number}: when is my card here?"})
        model.answer(Question(ModelName("bench", "stub"), messages, {"max_tokens": 100}))

    with ThreadPoolExecutor(_AT_A_TIME) as threads:
        list(threads.map(ask, range(_AT_A_TIME)))
        began = time.perf_counter()
        list(threads.map(ask, range(_LIMIT_QUESTIONS)))
        return _LIMIT_QUESTIONS / (time.perf_counter() - began)
