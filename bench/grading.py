"""Grading without a model: cases a second with three assertions each."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench import product, promptfoo
from bench.model_stub import ANSWER
from bench.rows import Row
from promptops.domain.dataset import parse_dataset
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded

ROUNDS = 5
CASES = 5_000
#: The difference of two runs is what its cases take, without its start.
PEER_CASES = (100, 1_600)
PEER_ROUNDS = 3
GOAL_CASES_PER_SECOND = 5_000
_GROUP = "grading, three assertions a case"


class Recording:
    """A provider that answers at once."""

    def answer(self, question: Question) -> Answer:
        return Answer(ANSWER, 60, 9, latency_ms=0)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        return Embedded([[1.0] for _ in texts], 0)


def rows() -> list[Row]:
    """Ours through the whole run loop; promptfoo with its echo provider. The goal is the group's limit."""
    runs, reads, theirs = [], [], []
    for round_number in range(ROUNDS):
        runs.append(_ours())
        reads.append(_read_and_graded())
        if round_number < PEER_ROUNDS:
            theirs.append(_promptfoo())

    def row(name: str, values: Sequence[float], goal: float | None = None) -> Row:
        return Row(_GROUP, name, median(values), "cases/s", median(values) / GOAL_CASES_PER_SECOND, goal)

    return [
        row("goal", [GOAL_CASES_PER_SECOND]),
        row("promptops run loop, recorded answers", runs, 1.0),
        row("promptops reading the dataset, then that", reads),
        row("promptfoo echo", theirs),
    ]


def _ours() -> float:
    return product.cases_per_second(product.cases(CASES), product.prompt("stub"), Recording(), threads=1)


def _read_and_graded() -> float:
    content = product.json_lines(CASES)
    began = time.perf_counter()
    cases = parse_dataset(content, product.VARIABLES)
    reading = time.perf_counter() - began
    rate = product.cases_per_second(cases, product.prompt("stub"), Recording(), threads=1)
    return CASES / (reading + CASES / rate)


def _promptfoo() -> float:
    seconds = []
    for count in PEER_CASES:
        tests = [
            {"vars": {"question": product.question(number)}, "assert": list(product.ASSERTIONS)}
            for number in range(count)
        ]
        with tempfile.TemporaryDirectory() as folder:
            configuration = Path(folder) / "promptfooconfig.json"
            document = {"prompts": [f"{ANSWER} {{{{question}}}}"], "providers": ["echo"], "tests": tests}
            configuration.write_text(json.dumps(document))
            began = time.perf_counter()
            promptfoo.evaluate(configuration)
            seconds.append(time.perf_counter() - began)
    return (PEER_CASES[1] - PEER_CASES[0]) / (seconds[1] - seconds[0])
