"""An evaluation against a model that takes 50 ms: what share of the possible cases a second is reached."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import product, promptfoo
from bench.model_server import LATENCY_SECONDS, ModelServer, model_server
from bench.rows import Row
from promptops.evaluation_ports import Provider

ROUNDS = 3
#: promptfoo, at the concurrency where it does best.
PEER_GOAL = 2.8
PEER_CONCURRENCY = 20


@dataclass(frozen=True)
class _Load:
    """How many at a time, how many cases of ours and of promptfoo, and the shares of the limit to reach."""

    concurrency: int
    cases: int
    peer_cases: int
    openai_goal: float
    bedrock_goal: float | None


LOADS = (
    _Load(4, 160, 120, 0.95, None),
    _Load(20, 800, 300, 0.95, 0.90),
    _Load(100, 4_000, 500, 0.90, 0.50),
)


def rows() -> list[Row]:
    """Medians of interleaved rounds; in each round every runner has its turn at every concurrency."""
    found: dict[tuple[int, str], list[float]] = {}
    with model_server() as server, tempfile.TemporaryDirectory() as folder:
        for round_number in range(ROUNDS + 1):
            for load in LOADS:
                for name, run in _runners(server, load, Path(folder)).items():
                    if round_number == 0 and name == _PEER:
                        continue  # Each of its runs is a process of its own: there is nothing to warm up.
                    found.setdefault((load.concurrency, name), []).append(run())
    return [row for load in LOADS for row in _group(load, found)]


_OPENAI, _BEDROCK, _PEER = "promptops openai-compatible", "promptops bedrock", "promptfoo http"


def _runners(server: ModelServer, load: _Load, folder: Path) -> dict[str, Callable[[], float]]:
    return {
        _OPENAI: lambda: _ours(load, "stub", product.openai_compatible(server.url, load.concurrency)),
        _BEDROCK: lambda: _ours(load, "bedrock", product.bedrock(server.url, load.concurrency)),
        _PEER: lambda: _promptfoo(server, load, folder),
    }


def _ours(load: _Load, name: str, provider: Provider) -> float:
    candidate = product.prompt(name)
    # Connections and threads of a run that has begun: a connection is opened once, not once a case.
    product.cases_per_second(product.cases(load.concurrency), candidate, provider, threads=load.concurrency)
    return product.cases_per_second(product.cases(load.cases), candidate, provider, threads=load.concurrency)


def _promptfoo(server: ModelServer, load: _Load, folder: Path) -> float:
    """As the server saw it, from the first request to the last answer: its start and its end do not count."""
    configuration = folder / "promptfooconfig.json"
    configuration.write_text(json.dumps(_configuration(server, load.peer_cases)))
    server.tally()
    results = promptfoo.evaluate(configuration, concurrency=load.concurrency)
    seen = server.tally()
    if len(results) != load.peer_cases or not all(result["success"] for result in results):
        raise RuntimeError("promptfoo did not pass every case")
    return seen["requests"] / seen["seconds"]


def _configuration(server: ModelServer, cases: int) -> dict[str, object]:
    http = {
        "url": f"{server.url}/v1/chat/completions",
        "method": "POST",
        "headers": {"content-type": "application/json"},
        "body": {"model": "stub", "max_tokens": 100, "messages": [{"role": "user", "content": "{{prompt}}"}]},
        "transformResponse": "json.choices[0].message.content",
    }
    tests = [
        {"vars": {"question": product.question(number)}, "assert": list(product.ASSERTIONS)}
        for number in range(cases)
    ]
    return {"prompts": [product.PROMPT], "providers": [{"id": "http", "config": http}], "tests": tests}


def _group(load: _Load, found: dict[tuple[int, str], list[float]]) -> Sequence[Row]:
    group = f"evaluation, {load.concurrency} at a time"
    limit = load.concurrency / LATENCY_SECONDS
    goals = {_OPENAI: load.openai_goal, _BEDROCK: load.bedrock_goal}
    values = {name: median(found[load.concurrency, name][-ROUNDS:]) for name in (_OPENAI, _BEDROCK, _PEER)}
    listed = [Row(group, "limit: concurrency / latency", limit, "cases/s", 1.0)]
    listed += [
        Row(group, name, value, "cases/s", value / limit, goals.get(name)) for name, value in values.items()
    ]
    if load.concurrency == PEER_CONCURRENCY:
        beside = f"{group}, beside promptfoo"
        times = values[_OPENAI] / values[_PEER]
        listed.append(Row(beside, "limit: promptfoo http", values[_PEER], "cases/s", 1.0))
        listed.append(Row(beside, _OPENAI, values[_OPENAI], "cases/s", times, PEER_GOAL))
    return listed
