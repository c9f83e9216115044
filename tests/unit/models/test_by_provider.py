"""Promises of the router: a model is asked where its provider is, and nobody else instead."""

from __future__ import annotations

import pytest

from promptops.domain.errors import AccessRefused
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded
from promptops.models.by_provider import ByProvider


class Named:
    def __init__(self, name: str) -> None:
        self.name = name

    def answer(self, question: Question) -> Answer:
        return Answer(self.name, 1, 1, 1)

    def embed(self, model: ModelName, texts: object) -> Embedded:
        return Embedded([[float(len(self.name))]], 1)


ROUTER = ByProvider({"bedrock": Named("bedrock"), "somewhere": Named("somewhere")})


@pytest.mark.parametrize("provider", ["bedrock", "somewhere"])
def test_questions_and_texts_go_to_the_models_provider(provider: str):
    model = ModelName("same-id", provider)

    assert ROUTER.answer(Question(model, [])).text == provider
    assert ROUTER.embed(model, ["x"]).vectors == [[float(len(provider))]]


def test_an_unlisted_provider_is_refused_naming_the_listed_ones():
    model = ModelName("some-model", "elsewhere")

    for ask in (lambda: ROUTER.answer(Question(model, [])), lambda: ROUTER.embed(model, ["x"])):
        with pytest.raises(AccessRefused, match=r"'elsewhere'.*Known: bedrock, somewhere.*cdk\.json"):
            ask()
