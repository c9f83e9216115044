"""Bedrock as a provider: answers and embeddings over the same connections."""

from __future__ import annotations

from collections.abc import Sequence

import boto3

from promptops.aws.bedrock_calls import BedrockCalls
from promptops.aws.bedrock_embedder import BedrockEmbedder
from promptops.aws.bedrock_model import BedrockModel
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded


class Bedrock:
    """Asks the models of one account and Region, so many at a time."""

    def __init__(self, connections: int, session: boto3.Session | None = None) -> None:
        calls = BedrockCalls(connections, session)
        self._model, self._embedder = BedrockModel(calls), BedrockEmbedder(calls)

    def answer(self, question: Question) -> Answer:
        return self._model.answer(question)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        return self._embedder.embed(model, texts)
