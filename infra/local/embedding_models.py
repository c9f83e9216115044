"""Embedding models in the emulator's Bedrock: it has none, and would answer with a text it invents.

Runs in the emulator's interpreter; what embeds is the stand-in model, behind the same bridge as Converse.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any

from infra.local.loopback import fetch

Reply = tuple[int, dict[str, str], bytes]
_FAMILIES = ("amazon.titan-embed-text", "cohere.embed")
_TIMEOUT_SECONDS = 25
_JSON = {"Content-Type": "application/json"}


def with_embeddings(invoke: Callable[..., Reply], bridge_url: str) -> Callable[..., Reply]:
    """InvokeModel that knows Titan's and Cohere's text embeddings; everything else stays as it is."""

    def invoking(model_id: str, headers: Mapping[str, str], body: bytes) -> Reply:
        base = model_id.removeprefix("us.").removeprefix("eu.").removeprefix("global.")
        if not base.startswith(_FAMILIES):
            return invoke(model_id, headers, body)
        request = json.loads(body)
        texts = [request["inputText"]] if "inputText" in request else request["texts"]
        embedded = _embedded(bridge_url, model_id, texts)
        if embedded is None:
            return _failed()
        vectors, tokens = embedded
        counted = {**_JSON, "x-amzn-bedrock-input-token-count": str(tokens)}
        answer: dict[str, Any] = (
            {"embedding": vectors[0], "inputTextTokenCount": tokens}
            if "inputText" in request
            else {"embeddings": vectors, "texts": texts}
        )
        return 200, counted, json.dumps(answer).encode()

    return invoking


def _embedded(bridge_url: str, model_id: str, texts: list[str]) -> tuple[list[list[float]], int] | None:
    """The vectors and how many tokens they were; None when the model did not answer."""
    body = json.dumps({"model": model_id, "input": texts}).encode()
    try:
        answer = fetch(
            f"{bridge_url}/v1/embeddings",
            method="POST",
            body=body,
            headers=_JSON,
            timeout_seconds=_TIMEOUT_SECONDS,
        )
        if answer.status != 200:
            return None
        document = json.loads(answer.body)
        rows = sorted(document["data"], key=lambda row: int(row["index"]))
        return [row["embedding"] for row in rows], int(document["usage"]["prompt_tokens"])
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return None


def _failed() -> Reply:
    named = {"x-amzn-ErrorType": "ServiceUnavailableException"}
    body = {"__type": "ServiceUnavailableException", "message": "the model did not answer"}
    return 503, {**_JSON, **named}, json.dumps(body).encode()
