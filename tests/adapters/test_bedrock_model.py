"""Promises of the Bedrock adapter, over real sockets: the version's own request, every no answer an error."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from promptops.aws.bedrock_calls import BedrockCalls
from promptops.aws.bedrock_model import ANSWERED, BedrockModel
from promptops.aws.converse import converse_arguments
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import (
    AccessRefused,
    EvaluationError,
    MissingCredentials,
    ModelRefused,
    ModelUnavailable,
    PromptOpsError,
    Throttled,
)
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer
from tests.unit.models.scripted_server import Act, Handler, Server, replies, serving

ARTIFACT = Artifact(
    "support-ticket",
    (Message("system", "s"), Message("user", "u")),
    {"id": "us.example.model-v1:0", "provider": "bedrock"},
    parameters={"max_tokens": 400, "temperature": 0, "top_p": 0.9, "stop_sequences": ["END"], "top_k": 5},
)
MESSAGES = [{"role": "system", "content": "s"}, {"role": "user", "content": "canary"}]
QUESTION = Question.of(ARTIFACT, MESSAGES)
SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
STOP_REASONS = (
    SESSION.client("bedrock-runtime").meta.service_model.operation_model("Converse")
    .output_shape.members["stopReason"].enum
)  # fmt: skip


def response(*blocks: dict[str, object], stop: str = "end_turn", **usage: int) -> dict[str, object]:
    return {
        "output": {"message": {"role": "assistant", "content": list(blocks)}},
        "stopReason": stop,
        "usage": {"inputTokens": 21, "outputTokens": 7, "totalTokens": 28, **usage},
        "metrics": {"latencyMs": 31_400},
    }


OK = replies(200, response({"text": "a"}))


@pytest.fixture(autouse=True)
def _no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_BEARER_TOKEN_BEDROCK", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)


def model(server: Server, monkeypatch: pytest.MonkeyPatch, **more: Any) -> BedrockModel:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
    return BedrockModel(BedrockCalls(8, SESSION, **more))


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch):
    def ask(act: Act, question: Question = QUESTION, **more: Any) -> Answer:
        with serving(act) as server:
            return model(server, monkeypatch, **more).answer(question)

    return ask


@pytest.fixture
def failure(ask):
    def failure(act: Act, kind: type[PromptOpsError], question: Question = QUESTION, **more: Any) -> str:
        with pytest.raises(kind) as raised:
            ask(act, question, **more)
        assert type(raised.value) is kind
        assert "canary" not in "".join(traceback.format_exception(raised.value))
        return str(raised.value)

    return failure


def test_the_request_is_the_versions_model_messages_and_parameters(monkeypatch: pytest.MonkeyPatch):
    with serving(OK) as server:
        answer = model(server, monkeypatch).answer(QUESTION)
        (received,) = server.requests

    assert received.path == "/model/us.example.model-v1%3A0/converse"
    assert received.body == {
        "system": [{"text": "s"}],
        "messages": [{"role": "user", "content": [{"text": "canary"}]}],
        "inferenceConfig": {"maxTokens": 400, "temperature": 0, "topP": 0.9, "stopSequences": ["END"]},
        "additionalModelRequestFields": {"top_k": 5},
    }
    assert (answer.text, answer.input_tokens, answer.output_tokens) == ("a", 21, 7)


@pytest.mark.parametrize("wanted", [True, False, None])
def test_the_schema_is_enforced_only_if_the_version_says_so(monkeypatch: pytest.MonkeyPatch, wanted: object):
    parameters = {} if wanted is None else {"structured_output": wanted}
    with serving(OK) as server:
        asked = Question(QUESTION.model, MESSAGES, parameters, {"type": "object"})
        model(server, monkeypatch).answer(asked)
        (received,) = server.requests

    enforced = {
        "textFormat": {
            "type": "json_schema",
            "structure": {"jsonSchema": {"name": "output", "schema": '{"type": "object"}'}},
        }
    }
    assert received.body.get("outputConfig") == (enforced if wanted is True else None)
    assert "additionalModelRequestFields" not in received.body


def test_the_request_is_one_that_botocores_own_client_would_send(monkeypatch: pytest.MonkeyPatch):
    with serving(OK) as server:
        model(server, monkeypatch).answer(QUESTION)
        SESSION.client("bedrock-runtime").converse(**converse_arguments(QUESTION))
        ours, theirs = server.requests

    assert (ours.path, ours.body) == (theirs.path, theirs.body)
    assert ours.headers["content-type"] == theirs.headers["content-type"]
    assert ours.headers["authorization"].split(",")[0] == theirs.headers["authorization"].split(",")[0]


def test_the_answer_is_its_text_blocks(ask):
    thinking = {"reasoningContent": {"reasoningText": {"text": "hm"}}}

    assert ask(replies(200, response(thinking, {"text": "a"}, {"text": "b"}))).text == "ab"


def test_the_latency_is_what_was_waited_and_not_what_the_model_says(ask):
    assert ask(OK).latency_ms < 31_400


def test_input_read_from_a_cache_is_input_too(ask):
    usage = {"cacheReadInputTokens": 100, "cacheWriteInputTokens": 10}

    answer = ask(replies(200, response({"text": "a"}, **usage)))

    assert (answer.input_tokens, answer.cached_input_tokens) == (131, 100)


@pytest.mark.parametrize("stop", STOP_REASONS)
def test_only_a_finished_or_cut_answer_is_one(ask, failure, stop: str):
    act = replies(200, response({"text": "blocked canary"}, stop=stop))
    if stop in ("end_turn", "stop_sequence", "max_tokens"):
        assert ask(act).text == "blocked canary"
    elif stop in ("guardrail_intervened", "content_filtered", "model_context_window_exceeded"):
        assert stop in failure(act, ModelRefused)
    else:
        assert stop in failure(act, ModelUnavailable)


@pytest.mark.parametrize("stop", ANSWERED)
@pytest.mark.parametrize("blocks", [(), ({"text": " \n"},)])
def test_an_empty_answer_is_no_answer(failure, stop: str, blocks: tuple[dict[str, object], ...]):
    said = failure(replies(200, response(*blocks, stop=stop)), ModelUnavailable)

    assert f"answered nothing ({stop})" in said


@pytest.mark.parametrize("named", ["header", "body"])
@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 429, Throttled),
        ("ServiceUnavailableException", 503, ModelUnavailable),
        ("InternalServerException", 500, ModelUnavailable),
        ("ModelTimeoutException", 408, ModelUnavailable),
        ("ModelErrorException", 424, ModelUnavailable),
        ("ModelNotReadyException", 429, ModelUnavailable),
        ("ResourceNotFoundException", 404, ModelRefused),
        ("ValidationException", 400, ModelRefused),
        ("AccessDeniedException", 403, AccessRefused),
        ("NeverHeardOfException", 418, ModelRefused),
        ("NeverHeardOfException", 502, ModelUnavailable),
    ],
)
def test_a_providers_error_is_an_error_with_its_name_and_without_its_words(
    failure, named: str, code: str, status: int, error: type[PromptOpsError]
):
    body = {"message": "about canary", **({"__type": f"com.amazon#{code}"} if named == "body" else {})}
    headers = {"x_amzn_ErrorType": f"{code}:http://internal.example.com/"} if named == "header" else {}

    assert code in failure(replies(status, body, **headers), error)


def test_nothing_is_tried_again_here(monkeypatch: pytest.MonkeyPatch):
    with serving(replies(503, {})) as server:
        with pytest.raises(ModelUnavailable):
            model(server, monkeypatch).answer(QUESTION)
        assert len(server.requests) == 1


def test_a_model_that_may_not_be_asked_is_named_with_the_list_it_is_missing_from(failure):
    denied = replies(403, {}, x_amzn_ErrorType="AccessDeniedException")

    said = failure(denied, AccessRefused)

    assert "us.example.model-v1:0: " in said
    assert "listed in cdk.json" in said


@pytest.mark.parametrize("body", [b"<html>canary</html>", b"[]", b"{}", b'{"output": "canary"}', b"\xff"])
def test_garbage_is_no_answer(failure, body: bytes):
    failure(replies(200, body), ModelUnavailable)


def test_no_connection_is_a_model_that_is_unavailable(monkeypatch: pytest.MonkeyPatch):
    with serving(OK) as server:
        asking = model(server, monkeypatch)

    with pytest.raises(ModelUnavailable, match="EndpointConnectionError"):
        asking.answer(QUESTION)


def test_a_model_that_does_not_answer_in_time_is_unavailable(failure):
    def act(handler: Handler) -> None:
        handler.server.over.wait()

    assert "ReadTimeoutError" in failure(act, ModelUnavailable, read_seconds=0.2)


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_tokens": "canary"},
        {"max_tokens": True},
        {"temperature": "canary"},
        {"top_p": ["canary"]},
        {"stop_sequences": "canary"},
        {"stop_sequences": [1]},
    ],
    ids=str,
)
def test_parameters_converse_does_not_take_are_named_without_values(failure, parameters: dict[str, object]):
    question = Question(QUESTION.model, MESSAGES, parameters)

    assert next(iter(parameters)) in failure(OK, EvaluationError, question)


def test_without_credentials_that_is_what_is_said(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with serving(OK) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        asking = BedrockModel(BedrockCalls(1, boto3.Session(region_name="us-east-1")))
        with pytest.raises(MissingCredentials):
            asking.answer(QUESTION)


def test_a_bearer_token_takes_the_place_of_a_signature(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "some-token")
    with serving(OK) as server:
        model(server, monkeypatch).answer(QUESTION)
        assert server.requests[0].headers["authorization"] == "Bearer some-token"


def test_connections_are_kept_and_shared_by_threads(monkeypatch: pytest.MonkeyPatch):
    with serving(OK) as server:
        asking = model(server, monkeypatch)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: asking.answer(QUESTION), range(80)))
        assert (len(server.requests), len(server.connections) <= 8) == (80, True)


def test_nothing_of_a_question_or_an_answer_is_logged(ask, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)

    ask(replies(200, response({"text": "canary"})), Question(ModelName("m"), MESSAGES))

    assert "canary" not in caplog.text
