"""A large evaluation through the deployed workflow on the local AWS: cases a second."""

from __future__ import annotations

import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import product
from bench.rows import Row
from infra.local.bring_up import bring_up, take_down
from infra.local.demo.people import Person
from infra.local.environment import as_person
from infra.local.instance import Instance
from promptops.domain.question import ModelName, Question

CASES = int(os.environ.get("CASES", "10000"))
#: What asks the stand-in model for the limit; as many as answer faster no longer.
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
    alice = Person("alice", as_person(instance, "alice"))
    with tempfile.TemporaryDirectory() as folder:
        _write_prompt(Path(folder))
        alice.types("publish", folder)
        began = time.perf_counter()
        requested = alice.types("evaluate", "bench@v1", "--full", "--no-wait").document
        while True:
            followed = alice.types("show", "--request", str(requested["request_id"])).document
            if followed["request"]["status"] not in ("requested", "evaluating", "running"):
                break
            time.sleep(1)
        seconds = time.perf_counter() - began
    print(json.dumps(followed)[:2000])
    return CASES / seconds


def _write_prompt(folder: Path) -> None:
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
