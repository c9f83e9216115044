from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.local.model_server import COMPLETIONS_PATH, LOOPBACK, ModelServer

ROOT = Path(__file__).parents[3]
MESSAGES = [{"role": "user", "content": "Help."}]


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def fetched(server: ModelServer, path: str, body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(f"http://{LOOPBACK}:{server.port}{path}", body)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def completed(server: ModelServer, **parameters: Any) -> Any:
    status, document = fetched(
        server, COMPLETIONS_PATH, json.dumps({"messages": MESSAGES, **parameters}).encode()
    )
    assert status == 200
    return document


def test_it_answers_in_the_shape_of_chat_completions(server: ModelServer) -> None:
    document = completed(server, model="some-model")
    choice, usage = document["choices"][0], document["usage"]

    assert document["object"] == "chat.completion"
    assert document["model"] == "some-model"
    assert choice["message"]["role"] == "assistant"
    assert choice["message"]["content"]
    assert choice["finish_reason"] == "stop"
    assert (
        usage["total_tokens"]
        == usage["prompt_tokens"] + usage["completion_tokens"]
        > usage["prompt_tokens"]
        > 0
    )


def test_it_stops_at_the_token_limit_and_says_so(server: ModelServer) -> None:
    document = completed(server, max_tokens=10)

    assert document["choices"][0]["finish_reason"] == "length"
    assert document["usage"]["completion_tokens"] == 10


def test_it_counts_the_completions_it_was_asked_for(server: ModelServer) -> None:
    assert fetched(server, "/health") == (200, {"status": "ok"})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: completed(server), range(40)))

    assert fetched(server, "/requests") == (200, {"count": 40})


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b"{}", b'{"messages": []}', b'{"messages": ["text"]}']
)
def test_a_malformed_request_is_refused_and_not_counted(server: ModelServer, body: bytes) -> None:
    status, document = fetched(server, COMPLETIONS_PATH, body)

    assert status == 400
    assert document["error"]["type"] == "invalid_request_error"
    assert server.completions == 0


def test_an_unknown_path_is_not_found(server: ModelServer) -> None:
    assert fetched(server, "/v1/models")[0] == 404
    assert fetched(server, "/v1/completions", b"{}")[0] == 404


def test_an_answer_waits_for_the_latency_it_was_told() -> None:
    waits: list[float] = []
    server = ModelServer(latency_ms=80, sleep=waits.append)
    try:
        server.complete({"messages": MESSAGES})
    finally:
        server.server_close()

    assert waits == [0.08]


def test_it_listens_on_loopback_only(server: ModelServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_a_taken_port_is_named_without_a_traceback(server: ModelServer) -> None:
    command = [sys.executable, "-m", "infra.local.model_server", "--port", str(server.port)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert ended.returncode == 6
    assert str(server.port) in ended.stderr
    assert "Traceback" not in ended.stderr
