"""Any endpoint that speaks OpenAI's API: chat completions and embeddings."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from promptops.asking.vectors import one_for_each
from promptops.domain.errors import ModelRefused, ModelUnavailable
from promptops.domain.question import STRUCTURED_OUTPUT, ModelName, Question
from promptops.evaluation_ports import Answer, Embedded
from promptops.models.endpoint import Endpoint
from promptops.models.posting import Posting

#: An answer cut at max_tokens is the version's own doing, and graded as it is.
ANSWERED = ("stop", "length")
_REFUSED = ("content_filter",)

#: What OpenAI calls differently than Bedrock and we; everything else goes to the model as it is.
_RENAMED = {"stop_sequences": "stop"}
_LOOK = "Look at the case and the endpoint's own log."


class OpenAiCompatible:
    """Asks the models of one endpoint; shared by as many threads as it has connections."""

    def __init__(self, endpoint: Endpoint, *, connections: int, timeout_seconds: float = 60.0) -> None:
        self._endpoint = endpoint
        self._posting = Posting(endpoint, connections=connections, timeout_seconds=timeout_seconds)

    def answer(self, question: Question) -> Answer:
        """The answer; raises ModelUnavailable, ModelRefused, Throttled or AccessRefused.

        No message quotes what was sent or answered, or the key.
        """
        self._endpoint.check_lists(question.model)
        body = completion_request(question)
        began = time.perf_counter()
        document = self._posting.post("/chat/completions", body, question.model)
        waited_ms = round((time.perf_counter() - began) * 1000)
        try:
            choice, usage = document["choices"][0], document.get("usage") or {}
            text, reason = choice["message"].get("content"), choice.get("finish_reason")
            tokens = (int(usage["prompt_tokens"]), int(usage["completion_tokens"]))
            cached = int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0)
        except (LookupError, TypeError, ValueError, AttributeError):
            raise self._none(question.model, "answered with something else than a chat completion") from None
        if reason in _REFUSED:
            raise ModelRefused(f"{self._who(question.model)} stopped with {reason}", _LOOK)
        if reason not in ANSWERED:
            raise self._none(question.model, "stopped for another reason than to have answered")
        if not isinstance(text, str) or not text.strip():
            raise self._none(question.model, f"answered nothing ({reason})")
        return Answer(text, *tokens, latency_ms=waited_ms, cached_input_tokens=cached)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        """The embeddings; raises as `answer` does."""
        self._endpoint.check_lists(model)
        body = {"model": model.id, "input": list(texts), "encoding_format": "float"}
        document = self._posting.post("/embeddings", body, model)
        try:
            rows = sorted(document["data"], key=lambda row: int(row["index"]))
            vectors = [[float(number) for number in row["embedding"]] for row in rows]
            tokens = int((document.get("usage") or {})["prompt_tokens"])
        except (LookupError, TypeError, ValueError, AttributeError):
            raise self._none(model, "answered with something else than embeddings") from None
        if not one_for_each(vectors, len(texts)):
            raise self._none(model, "answered with other embeddings than one for each text")
        return Embedded(vectors, tokens)

    def _none(self, model: ModelName, what: str) -> ModelUnavailable:
        return ModelUnavailable(f"{self._who(model)} {what}", _LOOK)

    def _who(self, model: ModelName) -> str:
        return f"{model.id} at {self._endpoint.name}"


def completion_request(question: Question) -> dict[str, Any]:
    """The body for `/chat/completions`: model, rendered messages, parameters and, if wanted, the schema."""
    body: dict[str, Any] = {
        _RENAMED.get(name, name): value
        for name, value in question.parameters.items()
        if name != STRUCTURED_OUTPUT
    }
    body["model"] = question.model.id
    body["messages"] = [{"role": each["role"], "content": each["content"]} for each in question.messages]
    if question.enforced_schema is not None:
        shape = {"name": "output", "schema": question.enforced_schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": shape}
    return body
