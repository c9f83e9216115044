"""Embeddings by Bedrock's InvokeModel, whose body every family of models has its own form of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from promptops.asking.vectors import one_for_each
from promptops.aws.bedrock_calls import BedrockCalls
from promptops.aws.bedrock_errors import LOOK, answered_by
from promptops.domain.errors import ModelRefused, ModelUnavailable
from promptops.domain.question import ModelName
from promptops.evaluation_ports import Embedded

_COUNT_HEADER = "x-amzn-bedrock-input-token-count"
_COHERE_TEXTS = 96


class BedrockEmbedder:
    """Titan's and Cohere's text embeddings."""

    def __init__(self, calls: BedrockCalls) -> None:
        self._calls = calls

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        """The embeddings; raises as BedrockModel does, and ModelRefused for a model of another family."""
        family = model.id.removeprefix("us.").removeprefix("eu.").removeprefix("global.")
        for prefix, (bodies, vectors_of) in _FAMILIES.items():
            if family.startswith(prefix):
                return self._ask(model.id, texts, bodies, vectors_of)
        known = " and ".join(_FAMILIES)
        raise ModelRefused(f"{model.id} is no embedder that is known", f"Name one of {known}.")

    def _ask(self, model_id: str, texts: Sequence[str], bodies: _Bodies, vectors_of: _VectorsOf) -> Embedded:
        vectors: list[list[float]] = []
        tokens = 0
        for body in bodies(texts):
            with answered_by(model_id, "bedrock:InvokeModel"):
                reply = self._calls.post("InvokeModel", model_id, body)
            try:
                vectors += [[float(number) for number in row] for row in vectors_of(reply.document)]
                tokens += int(reply.document.get("inputTextTokenCount") or reply.headers[_COUNT_HEADER])
            except (LookupError, TypeError, ValueError):
                raise ModelUnavailable(f"{model_id} answered without embeddings", LOOK) from None
        if not one_for_each(vectors, len(texts)):
            raise ModelUnavailable(f"{model_id} answered other embeddings than one for each text", LOOK)
        return Embedded(vectors, tokens)


_Bodies = Callable[[Sequence[str]], Iterator[Mapping[str, Any]]]
_VectorsOf = Callable[[Mapping[str, Any]], Sequence[Sequence[Any]]]


def _titan_bodies(texts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """One text a call is all that Titan takes."""
    for text in texts:
        yield {"inputText": text}


def _cohere_bodies(texts: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """A text that is too long is refused rather than cut, which would compare something else."""
    for first in range(0, len(texts), _COHERE_TEXTS):
        some = list(texts[first : first + _COHERE_TEXTS])
        yield {"texts": some, "input_type": "search_document", "truncate": "NONE"}


_FAMILIES: Mapping[str, tuple[_Bodies, _VectorsOf]] = {
    "amazon.titan-embed-text": (_titan_bodies, lambda document: [document["embedding"]]),
    "cohere.embed": (_cohere_bodies, lambda document: document["embeddings"]),
}
