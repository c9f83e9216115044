"""The stand-in as a model of an evaluation, in this process or behind its server."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from infra.local.model.answer import answer
from promptops.domain.question import Question
from promptops.evaluation_ports import Answer
from promptops.models.endpoint import Endpoint
from promptops.models.openai_compatible import OpenAiCompatible

THREADS = 4


class StandIn:
    """Answers in this process: for tables too long to be asked over HTTP."""

    def answer(self, question: Question) -> Answer:
        return Answer(answer(question.messages), 1, 1, 1)


class Saying:
    """Answers everything with the same text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def answer(self, question: Question) -> Answer:
        return Answer(self._text, 1, 1, 1)


class Echo:
    """Answers with what it is sent, all of it or only the last message."""

    def __init__(self, part: slice) -> None:
        self._part = part

    def answer(self, question: Question) -> Answer:
        said: Sequence[str] = [message["content"] for message in question.messages[self._part]]
        return Answer("\n\n".join(said), 1, 1, 1)


def served(address: str) -> OpenAiCompatible:
    """The model server at an address, asked as the product asks any such endpoint."""
    return OpenAiCompatible(Endpoint("standin", f"{address}/v1"), connections=THREADS)


def said_by_server(messages: list[dict[str, str]], address: str) -> str:
    """What the model server at an address answers."""
    body = json.dumps({"model": "any", "messages": messages}).encode()
    request = urllib.request.Request(
        f"{address}/v1/chat/completions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        document: Any = json.load(response)
    return str(document["choices"][0]["message"]["content"])
