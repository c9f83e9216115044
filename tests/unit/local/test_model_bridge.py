from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

import pytest

from infra.local.loopback import fetch
from infra.local.model_bridge import COMPLETIONS, EMBEDDINGS, ModelBridge
from infra.local.model_server import ModelServer

REQUEST = json.dumps({"messages": [{"role": "user", "content": "hello"}]}).encode()


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def a_model_that_answers(status: int, body: bytes) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def asked(bridge_url: str) -> dict[str, Any]:
    answer = fetch(bridge_url + COMPLETIONS, method="POST", body=REQUEST)
    assert answer.status == 200
    message: dict[str, Any] = json.loads(answer.body)["choices"][0]["message"]
    return message


def is_failure(message: dict[str, Any]) -> bool:
    """Whether the emulator's Bedrock will report `malformed_tool_use` and no text."""
    if message["content"] is not None:
        return False
    with pytest.raises(ValueError, match="property name"):
        json.loads(message["tool_calls"][0]["function"]["arguments"])
    return True


def test_an_answer_of_the_model_passes_through_and_is_asked_for_once():
    model = ModelServer()
    with serving(model) as model_url, serving(ModelBridge(0, model_url)) as bridge:
        message = asked(bridge)

        assert isinstance(message["content"], str)
        assert json.loads(fetch(f"{model_url}/requests").body) == {"count": 1}


def test_a_dead_model_is_a_failure_the_product_can_see():
    with serving(ModelServer()) as model_url:
        pass
    with serving(ModelBridge(0, model_url)) as bridge:
        assert is_failure(asked(bridge))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"{}"),
        (429, b'{"choices": [{"message": {"content": "busy"}}]}'),
        (200, b"not JSON"),
        (200, b'{"choices": []}'),
        (200, b'{"choices": [{"message": {"content": null}}]}'),
    ],
)
def test_an_answer_without_text_is_a_failure(status: int, body: bytes):
    with serving(a_model_that_answers(status, body)) as url, serving(ModelBridge(0, url)) as bridge:
        assert is_failure(asked(bridge))


def embedded(bridge_url: str) -> tuple[int, Any]:
    body = json.dumps({"model": "m", "input": ["a refund", "a card"]}).encode()
    answer = fetch(bridge_url + EMBEDDINGS, method="POST", body=body)
    return answer.status, json.loads(answer.body)


def test_embeddings_pass_through():
    with serving(ModelServer()) as url, serving(ModelBridge(0, url)) as bridge:
        status, document = embedded(bridge)

    assert (status, [row["index"] for row in document["data"]]) == (200, [0, 1])


def test_a_dead_model_embeds_nothing():
    with serving(ModelServer()) as model_url:
        pass
    with serving(ModelBridge(0, model_url)) as bridge:
        assert embedded(bridge)[0] == 503


def test_a_models_refusal_to_embed_stays_one():
    with serving(a_model_that_answers(500, b"{}")) as url, serving(ModelBridge(0, url)) as bridge:
        assert embedded(bridge)[0] == 500
