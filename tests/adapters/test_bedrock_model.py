"""Promises of the Bedrock adapter: the version's own request, and an error for all that is no answer."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from promptops.aws.bedrock_model import ANSWERED, BedrockModel, bedrock_client
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import AccessRefused, EvaluationError, ModelUnavailable, Throttled

ARTIFACT = Artifact(
    "support-ticket",
    (Message("system", "s"), Message("user", "u")),
    {"id": "us.example.model-v1:0", "provider": "bedrock"},
    parameters={"max_tokens": 400, "temperature": 0, "top_p": 0.9, "stop_sequences": ["END"], "top_k": 5},
)
MESSAGES = [{"role": "system", "content": "s"}, {"role": "user", "content": "canary"}]
SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
STOP_REASONS = (
    SESSION.client("bedrock-runtime").meta.service_model.operation_model("Converse")
    .output_shape.members["stopReason"].enum
)  # fmt: skip


def response(*blocks: dict[str, object], stop: str = "end_turn") -> dict[str, object]:
    return {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": stop,
        "usage": {"inputTokens": 21, "outputTokens": 7, "totalTokens": 28},
        "metrics": {"latencyMs": 314},
    }


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return bedrock_client(1, SESSION)


def ask(client, answer: dict[str, object], expected: dict[str, object] | None = None):
    with Stubber(client) as stub:
        stub.add_response("converse", answer, expected)
        return BedrockModel(client).answer(ARTIFACT, MESSAGES)


def test_the_request_is_the_versions_model_messages_and_parameters(client):
    answer = ask(
        client,
        response({"text": "a"}),
        {
            "modelId": "us.example.model-v1:0",
            "system": [{"text": "s"}],
            "messages": [{"role": "user", "content": [{"text": "canary"}]}],
            "inferenceConfig": {"maxTokens": 400, "temperature": 0, "topP": 0.9, "stopSequences": ["END"]},
            "additionalModelRequestFields": {"top_k": 5},
        },
    )

    assert (answer.text, answer.input_tokens, answer.output_tokens, answer.latency_ms) == ("a", 21, 7, 314)


def test_the_answer_is_its_text_blocks(client):
    thinking = {"reasoningContent": {"reasoningText": {"text": "hm"}}}

    assert ask(client, response(thinking, {"text": "a"}, {"text": "b"})).text == "ab"


@pytest.mark.parametrize("stop", STOP_REASONS)
def test_only_a_finished_or_cut_answer_is_one(client, stop: str):
    if stop in ("end_turn", "stop_sequence", "max_tokens"):
        assert ask(client, response({"text": "a"}, stop=stop)).text == "a"
    else:
        with pytest.raises(ModelUnavailable, match=stop) as raised:
            ask(client, response({"text": "blocked canary"}, stop=stop))
        assert "canary" not in str(raised.value)


@pytest.mark.parametrize("stop", ANSWERED)
@pytest.mark.parametrize("blocks", [(), ({"text": " \n"},)])
def test_an_empty_answer_is_no_answer(client, stop: str, blocks: tuple[dict[str, object], ...]):
    with pytest.raises(ModelUnavailable, match=f"answered nothing \\({stop}\\)"):
        ask(client, response(*blocks, stop=stop))


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 429, Throttled),
        ("ServiceUnavailableException", 503, ModelUnavailable),
        ("InternalServerException", 500, ModelUnavailable),
        ("ModelTimeoutException", 408, ModelUnavailable),
        ("ModelErrorException", 424, ModelUnavailable),
        ("ModelNotReadyException", 429, ModelUnavailable),
        ("ResourceNotFoundException", 404, ModelUnavailable),
        ("ValidationException", 400, ModelUnavailable),
        ("AccessDeniedException", 403, AccessRefused),
        ("NeverHeardOfException", 418, ModelUnavailable),
    ],
)
def test_a_providers_error_is_an_error_with_its_name_and_without_its_words(
    client, code: str, status: int, error: type[Exception]
):
    with Stubber(client) as stub:
        for _ in range(4):
            stub.add_client_error("converse", code, "about canary", status)
        with pytest.raises(error, match=code) as raised:
            BedrockModel(client).answer(ARTIFACT, MESSAGES)

    assert type(raised.value) is error
    assert "canary" not in str(raised.value)


def test_a_model_that_may_not_be_asked_is_named_with_the_list_it_is_missing_from(client):
    with Stubber(client) as stub:
        stub.add_client_error("converse", "AccessDeniedException", http_status_code=403)
        with pytest.raises(AccessRefused, match=r"us\.example\.model-v1:0: .* listed in cdk\.json"):
            BedrockModel(client).answer(ARTIFACT, MESSAGES)


@pytest.mark.parametrize(
    "fault",
    [EndpointConnectionError(endpoint_url="https://x"), ReadTimeoutError(endpoint_url="https://x")],
    ids=lambda fault: type(fault).__name__,
)
def test_no_connection_is_a_model_that_is_unavailable(
    client, monkeypatch: pytest.MonkeyPatch, fault: Exception
):
    def fail(**_arguments: object) -> object:
        raise fault

    monkeypatch.setattr(client, "converse", fail)

    with pytest.raises(ModelUnavailable, match=type(fault).__name__):
        BedrockModel(client).answer(ARTIFACT, MESSAGES)


def test_parameters_converse_does_not_take_are_named_without_values(client):
    artifact = Artifact("p", ARTIFACT.messages, ARTIFACT.model, parameters={"max_tokens": "canary"})

    with pytest.raises(EvaluationError, match="max_tokens") as raised:
        BedrockModel(client).answer(artifact, MESSAGES)
    assert "canary" not in str(raised.value)


def test_the_client_retries_and_holds_a_connection_for_each_call(client):
    assert client.meta.config.retries["mode"] == "standard"
    assert bedrock_client(8, SESSION).meta.config.max_pool_connections == 8
