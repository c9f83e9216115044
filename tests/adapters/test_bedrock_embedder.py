"""Promises of Bedrock's embedders: each family in its own form, a vector a text, tokens as counted there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from promptops.aws.bedrock import Bedrock
from promptops.domain.errors import ModelRefused, ModelUnavailable, PromptOpsError, Throttled
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Embedded
from tests.unit.models.scripted_server import Act, Handler, Server, replies, serving

TITAN, COHERE = ModelName("amazon.titan-embed-text-v2:0"), ModelName("us.cohere.embed-multilingual-v3")
SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")

Embed = Callable[..., tuple[Embedded, Server]]


@pytest.fixture
def embed(monkeypatch: pytest.MonkeyPatch) -> Embed:
    def embed(act: Act, model: ModelName, *texts: str) -> tuple[Embedded, Server]:
        with serving(act) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
            return Bedrock(2, SESSION).embed(model, texts), server

    return embed


def titan(handler: Handler) -> None:
    text = handler.server.requests[-1].body["inputText"]
    handler.reply(200, {"embedding": [float(len(text)), 1.0], "inputTextTokenCount": len(text)})


def cohere(handler: Handler) -> None:
    texts = handler.server.requests[-1].body["texts"]
    counted: dict[str, Any] = {"X_Amzn_Bedrock_Input_Token_Count": str(len(texts))}
    handler.reply(200, {"embeddings": [[float(len(text)), 1.0] for text in texts]}, **counted)


def test_titan_is_asked_text_by_text(embed: Embed):
    embedded, server = embed(titan, TITAN, "a", "bbb")

    assert embedded == Embedded([[1.0, 1.0], [3.0, 1.0]], 4)
    assert [each.body for each in server.requests] == [{"inputText": "a"}, {"inputText": "bbb"}]
    assert server.requests[0].path == "/model/amazon.titan-embed-text-v2%3A0/invoke"


def test_cohere_is_asked_as_many_texts_as_it_takes_and_cuts_none(embed: Embed):
    texts = [str(number) for number in range(100)]

    embedded, server = embed(cohere, COHERE, *texts)

    assert [vector[0] for vector in embedded.vectors] == [len(text) for text in texts]
    assert embedded.input_tokens == 100
    assert [len(each.body["texts"]) for each in server.requests] == [96, 4]
    assert {each.body["truncate"] for each in server.requests} == {"NONE"}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"embedding": [], "inputTextTokenCount": 1},
        {"embedding": [float("nan")], "inputTextTokenCount": 1},
        {"embedding": ["x"], "inputTextTokenCount": 1},
        {"embedding": [1.0]},
        {"inputTextTokenCount": 3, "results": [{"outputText": "a reply somebody invented"}]},
    ],
    ids=["nothing", "empty", "nan", "text", "no tokens", "an answer instead"],
)
def test_what_are_no_embeddings_is_a_model_that_is_unavailable(embed: Embed, document: dict[str, object]):
    with pytest.raises(ModelUnavailable):
        embed(replies(200, document), TITAN, "a")


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (429, "ThrottlingException", Throttled),
        (400, "ValidationException", ModelRefused),
        (500, "InternalServerException", ModelUnavailable),
    ],
)
def test_a_providers_error_is_an_error_without_its_words(
    embed: Embed, status: int, code: str, error: type[PromptOpsError]
):
    with pytest.raises(error, match=code) as raised:
        embed(replies(status, {"message": "about canary"}, x_amzn_ErrorType=code), TITAN, "canary")
    assert type(raised.value) is error
    assert "canary" not in str(raised.value)


def test_a_model_of_another_family_is_refused_with_the_known_ones(embed: Embed):
    with pytest.raises(ModelRefused, match=r"amazon\.titan-embed-text and cohere\.embed"):
        embed(titan, ModelName("example.embedder"), "a")


def test_answers_go_over_the_same_provider(monkeypatch: pytest.MonkeyPatch):
    document = {
        "output": {"message": {"role": "assistant", "content": [{"text": "a"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    }
    with serving(replies(200, document)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        assert Bedrock(1, SESSION).answer(Question(ModelName("m"), [])).text == "a"
