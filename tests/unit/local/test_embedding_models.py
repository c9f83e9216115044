"""Promises of embeddings on the local AWS: the stand-in's, in Bedrock's form, or an error."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import boto3
import pytest

from infra.local.embedding_models import Reply, with_embeddings
from infra.local.model_bridge import ModelBridge
from infra.local.model_server import ModelServer
from promptops.aws.bedrock import Bedrock
from promptops.domain.errors import ModelUnavailable
from promptops.domain.question import ModelName
from tests.unit.models.scripted_server import Act, Handler
from tests.unit.models.scripted_server import serving as scripted

SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
TITAN, COHERE = ModelName("amazon.titan-embed-text-v2:0"), ModelName("us.cohere.embed-multilingual-v3")


@contextmanager
def bridged(model_url: str) -> Iterator[str]:
    bridge = ModelBridge(0, model_url)
    thread = threading.Thread(target=bridge.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{bridge.server_port}"
    finally:
        bridge.shutdown()
        bridge.server_close()
        thread.join()


@contextmanager
def stand_in() -> Iterator[str]:
    server = ModelServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def invents(model_id: str, headers: Mapping[str, str], body: bytes) -> Reply:
    return 200, {}, b'{"results": [{"outputText": "invented"}]}'


def emulator(bridge_url: str) -> Act:
    """The emulator's InvokeModel, corrected."""
    invoke = with_embeddings(invents, bridge_url)

    def act(handler: Handler) -> None:
        received = handler.server.requests[-1]
        model_id = received.path.split("/")[2].replace("%3A", ":")
        status, headers, body = invoke(model_id, received.headers, json.dumps(received.body).encode())
        handler.reply(status, body, **{name.replace("-", "_"): text for name, text in headers.items()})

    return act


@pytest.mark.parametrize("model", [TITAN, COHERE], ids=["titan", "cohere"])
def test_the_products_embedder_gets_the_stand_ins_vectors(model: ModelName, monkeypatch: pytest.MonkeyPatch):
    with stand_in() as url, bridged(url) as bridge, scripted(emulator(bridge)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        embedded = Bedrock(1, SESSION).embed(model, ["refund my card", "refund my card", "hello"])

    first, second, third = embedded.vectors
    assert first == second != third
    assert embedded.input_tokens > 0


def test_a_dead_model_is_an_error_and_nothing_invented(monkeypatch: pytest.MonkeyPatch):
    with stand_in() as url:
        pass
    with bridged(url) as bridge, scripted(emulator(bridge)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        with pytest.raises(ModelUnavailable, match="ServiceUnavailable"):
            Bedrock(1, SESSION).embed(TITAN, ["a"])


def test_other_models_stay_the_emulators_own():
    assert with_embeddings(invents, "")("amazon.titan-text-lite-v1", {}, b"{}") == invents("", {}, b"")
