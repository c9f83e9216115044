"""Requests to the stand-in and its answers, in the shapes of OpenAI's API."""

from __future__ import annotations

import base64
import json
import struct
import time
from collections.abc import Mapping
from typing import Any

from infra.local.model.answer import answer
from infra.local.model.embedding import DIMENSIONS, embedded

_CHARS_PER_TOKEN = 4
_MAX_INPUTS = 2048


class MalformedRequest(Exception):
    """A request that the API does not know; its message says what it has to be."""


def completion(request: Mapping[str, Any]) -> dict[str, Any]:
    """The chat completion for a request body; `usage` holds estimates."""
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(item, dict) for item in messages):
        raise MalformedRequest("`messages` must be a non-empty list of objects")
    text, finish_reason = _cut(answer(messages), request.get("max_tokens"), request.get("stop"))
    contents = [json.dumps(message.get("content", ""), ensure_ascii=False) for message in messages]
    prompt_tokens, completion_tokens = sum(map(_tokens, contents)), _tokens(text)
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-standin",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": str(request.get("model", "standin")),
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def embeddings(request: Mapping[str, Any]) -> dict[str, Any]:
    """The embeddings for a request body: of one text or of a list of texts, as numbers or in base64."""
    given = request.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise MalformedRequest("`input` must be a text or a non-empty list of texts, none of them empty")
    if len(texts) > _MAX_INPUTS:
        raise MalformedRequest(f"`input` may hold at most {_MAX_INPUTS} texts")
    if request.get("dimensions", DIMENSIONS) != DIMENSIONS:
        raise MalformedRequest(f"`dimensions` can only be {DIMENSIONS}")
    packed = request.get("encoding_format", "float") == "base64"
    tokens = sum(map(_tokens, texts))
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else vector}
            for index, vector in enumerate(map(embedded, texts))
        ],
        "model": str(request.get("model", "standin")),
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _cut(text: str, max_tokens: object, stop: object) -> tuple[str, str]:
    """The text up to a stop sequence and the token limit, and why it ends there."""
    sequences = stop if isinstance(stop, list) else [stop] if stop else []
    for sequence in sequences:
        text = text.split(str(sequence), 1)[0]
    if isinstance(max_tokens, int) and _tokens(text) > max_tokens:
        return text[: max_tokens * _CHARS_PER_TOKEN], "length"
    return text, "stop"


def _tokens(text: str) -> int:
    return -(-len(text) // _CHARS_PER_TOKEN)
