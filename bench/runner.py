"""An evaluation against a model that takes 50 ms: what share of the possible cases a second is reached."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import product, promptfoo
from bench.bare import Bare
from bench.model_server import ModelServer, model_server
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


#: Some seconds each: while the last answers come in, half a latency is lost.
LOADS = (
    _Load(4, 320, 120, 0.95, None),
    _Load(20, 1_600, 300, 0.95, 0.90),
    _Load(100, 6_000, 500, 0.90, 0.50),
)
_WARM_UP = _Load(20, 200, 40, 0, None)


@dataclass(frozen=True)
class _Run:
    """Cases a second, and as many as were possible while this ran: a busy machine holds answers longer."""

    rate: float
    limit: float


def rows() -> list[Row]:
    """Medians of interleaved rounds; in each round every runner has its turn at every concurrency."""
    found: dict[tuple[int, str], list[_Run]] = {}
    with model_server() as server, tempfile.TemporaryDirectory() as folder:
        for run in _runners(server, _WARM_UP, Path(folder)).values():
            run()
        for _ in range(ROUNDS):
            for load in LOADS:
                for name, run in _runners(server, load, Path(folder)).items():
                    found.setdefault((load.concurrency, name), []).append(_timed(run, server, load))
    return [row for load in LOADS for row in _group(load, found)]


def _timed(run: Callable[[], float], server: ModelServer, load: _Load) -> _Run:
    server.tally()
    rate = run()
    return _Run(rate, load.concurrency / server.tally()["mean_held_seconds"])


_OPENAI, _BEDROCK = "promptops openai-compatible", "promptops bedrock"
_BARE, _PEER = "threads and http.client alone", "promptfoo http"
_NAMES = (_OPENAI, _BEDROCK, _BARE, _PEER)


def _runners(server: ModelServer, load: _Load, folder: Path) -> dict[str, Callable[[], float]]:
    return {
        _OPENAI: lambda: _ours(load, "stub", product.openai_compatible(server.url, load.concurrency)),
        _BEDROCK: lambda: _ours(load, "bedrock", product.bedrock(server.url, load.concurrency)),
        _BARE: lambda: Bare(server.url, load.concurrency).answers_per_second(load.cases),
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
    results = promptfoo.evaluate(configuration, concurrency=load.concurrency)
    if len(results) != load.peer_cases or not all(result["success"] for result in results):
        raise RuntimeError("promptfoo did not pass every case")
    return load.peer_cases / server.tally(keep=True)["seconds"]


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


def _group(load: _Load, found: dict[tuple[int, str], list[_Run]]) -> Sequence[Row]:
    group = f"evaluation, {load.concurrency} at a time"
    goals = {_OPENAI: load.openai_goal, _BEDROCK: load.bedrock_goal}
    runs = {name: found[load.concurrency, name] for name in _NAMES}
    limit = median(run.limit for several in runs.values() for run in several)
    listed = [Row(group, "limit: concurrency / latency", limit, "cases/s", 1.0)]
    for name, several in runs.items():
        share = median(run.rate / run.limit for run in several)
        listed.append(
            Row(group, name, median(run.rate for run in several), "cases/s", share, goals.get(name))
        )
    if load.concurrency == PEER_CONCURRENCY:
        ours, theirs = (median(run.rate for run in runs[name]) for name in (_OPENAI, _PEER))
        beside = f"{group}, beside promptfoo"
        listed.append(Row(beside, "limit: promptfoo http", theirs, "cases/s", 1.0))
        listed.append(Row(beside, _OPENAI, ours, "cases/s", ours / theirs, PEER_GOAL))
    return listed
