"""Promises of the OpenAI-compatible provider, over real sockets: what it asks, and each kind of no answer."""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import pytest

from promptops.asking.patience import RETRY_AFTER
from promptops.domain.errors import (
    AccessRefused,
    EvaluationError,
    ModelRefused,
    ModelUnavailable,
    PromptOpsError,
    Throttled,
)
from promptops.domain.question import ModelName, Question
from promptops.models import posting
from promptops.models.endpoint import Endpoint
from promptops.models.openai_compatible import OpenAiCompatible
from tests.unit.models.scripted_server import Act, Handler, Server, replies, serving

MODEL = ModelName("some-model", "somewhere")
KEY = "sk-canary-key"
MESSAGES = [{"role": "system", "content": "s"}, {"role": "user", "content": "canary prompt"}]
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def completion(text: object = "canary answer", reason: object = "stop", **more: object) -> dict[str, object]:
    return {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": reason}],
        "usage": {"prompt_tokens": 21, "completion_tokens": 7},
        **more,
    }


def embeddings(*vectors: list[float]) -> dict[str, object]:
    return {
        "data": [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)],
        "usage": {"prompt_tokens": 5},
    }


def provider(server: Server, **more: Any) -> OpenAiCompatible:
    endpoint = Endpoint("somewhere", f"{server.url}/v1", more.pop("key", lambda: KEY))
    return OpenAiCompatible(endpoint, connections=8, **more)


def question(**parameters: object) -> Question:
    return Question(MODEL, MESSAGES, parameters, SCHEMA)


def asked(act: Act, **parameters: object) -> Any:
    """What the endpoint received."""
    with serving(act) as server:
        provider(server).answer(question(**parameters))
        (received,) = server.requests
        return received


def failure(act: Act, kind: type[PromptOpsError], **more: Any) -> PromptOpsError:
    with serving(act) as server, pytest.raises(kind) as raised:
        provider(server, **more).answer(question())
    assert type(raised.value) is kind
    said = f"{raised.value} {raised.value!r} {raised.value.data}" + "".join(
        traceback.format_exception(raised.value)
    )
    assert "canary answer" not in said
    assert "canary prompt" not in said
    assert KEY not in said
    return raised.value


def test_the_request_is_the_questions_model_messages_and_parameters():
    received = asked(
        replies(200, completion()), max_tokens=400, temperature=0, top_p=0.9, stop_sequences=["END"], seed=5
    )

    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.body == {
        "model": "some-model",
        "messages": MESSAGES,
        "max_tokens": 400,
        "temperature": 0,
        "top_p": 0.9,
        "stop": ["END"],
        "seed": 5,
    }


def test_a_parameter_never_takes_the_place_of_what_is_asked():
    received = asked(replies(200, completion()), model="dearer-model", messages=[])

    assert (received.body["model"], received.body["messages"]) == ("some-model", MESSAGES)


def test_the_schema_is_enforced_only_if_the_version_says_so():
    wanted = asked(replies(200, completion()), structured_output=True).body
    unwanted = asked(replies(200, completion())).body

    assert wanted["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "output", "schema": SCHEMA, "strict": True},
    }
    assert "structured_output" not in wanted
    assert "response_format" not in unwanted


def test_an_answer_has_its_text_its_tokens_and_the_time_waited():
    usage = {"prompt_tokens": 21, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 16}}
    with serving(replies(200, completion(usage=usage))) as server:
        answer = provider(server).answer(question())

    assert (answer.text, answer.input_tokens, answer.output_tokens) == ("canary answer", 21, 7)
    assert answer.cached_input_tokens == 16
    assert answer.latency_ms >= 0


def test_without_a_key_none_is_sent():
    with serving(replies(200, completion())) as server:
        provider(server, key=lambda: "").answer(question())
        assert "authorization" not in server.requests[0].headers


def test_a_rotated_key_is_used_at_once():
    keys = iter(["first", "second"])
    with serving(replies(200, completion())) as server:
        asking = provider(server, key=lambda: next(keys))
        asking.answer(question())
        asking.answer(question())
        assert [each.headers["authorization"] for each in server.requests] == [
            "Bearer first",
            "Bearer second",
        ]


def test_connections_are_kept_and_shared_by_threads():
    with serving(replies(200, completion())) as server:
        asking = provider(server)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda _: asking.answer(question()), range(80)))
        assert (len(server.requests), len(server.connections) <= 8) == (80, True)


def test_an_answer_cut_at_max_tokens_is_one():
    with serving(replies(200, completion(reason="length"))) as server:
        assert provider(server).answer(question()).text == "canary answer"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [("content_filter", ModelRefused), ("tool_calls", ModelUnavailable), (None, ModelUnavailable)],
)
def test_what_stopped_otherwise_is_no_answer(reason: object, kind: type[PromptOpsError]):
    failure(replies(200, completion(reason=reason)), kind)


@pytest.mark.parametrize("text", ["", " \n", None, ["canary answer"]])
def test_an_empty_answer_is_no_answer(text: object):
    assert "answered nothing (stop)" in str(failure(replies(200, completion(text)), ModelUnavailable))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (429, Throttled),
        (401, AccessRefused),
        (403, AccessRefused),
        (400, ModelRefused),
        (404, ModelRefused),
        (422, ModelRefused),
        (204, ModelRefused),
        (408, ModelUnavailable),
        (500, ModelUnavailable),
        (503, ModelUnavailable),
        (529, ModelUnavailable),
    ],
)
def test_a_status_is_an_error_with_its_number_and_without_the_providers_words(
    status: int, kind: type[PromptOpsError]
):
    echo = {"error": {"message": f"canary answer to canary prompt with {KEY}"}} if status != 204 else b""

    error = failure(replies(status, echo), kind)

    assert f"some-model at somewhere answered {status}" in str(error)
    assert error.retryable is (kind in (Throttled, ModelUnavailable))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0.5", 0.5), ("86400", 60), ("-3", None), ("nan", None), ("soon", None)],
)
def test_how_long_the_provider_asks_to_wait_comes_with_the_error(
    status: int, header: str, seconds: float | None
):
    kind = Throttled if status == 429 else ModelUnavailable

    assert failure(replies(status, {}, Retry_After=header), kind).data.get(RETRY_AFTER) == seconds


def test_a_date_to_wait_for_is_understood_too():
    error = failure(replies(429, {}, Retry_After=formatdate(32503680000, usegmt=True)), Throttled)

    assert error.data[RETRY_AFTER] == 60


def test_redirects_are_not_followed_and_the_key_goes_nowhere_else():
    with serving(replies(200, completion())) as other:
        error = failure(replies(307, {}, Location=f"{other.url}/v1/chat/completions"), ModelRefused)

        assert "redirects are not followed" in str(error)
        assert other.requests == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html>canary answer</html>",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}',
        b'{"choices": "canary answer"}',
        b"\xff\xfe",
        b'{"choices": [{"message": {"content": "canary answer"}, "finish_reason": "stop"}]}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_garbage_is_no_answer(body: bytes):
    failure(replies(200, body), ModelUnavailable)


def test_an_answer_that_is_too_large_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(posting, "MAX_RESPONSE_BYTES", 100_000)
    endless: list[int] = []

    def act(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(10**12))
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65_536)
                endless.append(65_536)
        except OSError:
            handler.close_connection = True

    assert "more than" in str(failure(act, ModelRefused))
    assert sum(endless) < 50_000_000


def test_who_does_not_answer_in_time_is_unavailable():
    def act(handler: Handler) -> None:
        handler.server.over.wait()

    assert "did not answer within 0.2 s" in str(failure(act, ModelUnavailable, timeout_seconds=0.2))


def test_an_answer_that_trickles_in_is_given_up():
    def act(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        for _ in range(100):
            if handler.server.over.wait(0.02):
                break
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                break
        handler.close_connection = True

    assert "did not answer within 0.3 s" in str(failure(act, ModelUnavailable, timeout_seconds=0.3))


def test_a_broken_connection_is_unavailable_and_the_next_question_has_a_new_one():
    def act(handler: Handler) -> None:
        if len(handler.server.requests) == 1:
            handler.close_connection = True
            handler.connection.close()
        else:
            handler.reply(200, completion())

    with serving(act) as server:
        asking = provider(server)
        with pytest.raises(ModelUnavailable, match="broke off"):
            asking.answer(question())
        assert asking.answer(question()).text == "canary answer"


def test_a_dead_endpoint_is_unavailable_and_may_be_tried_again():
    with serving(replies(200, {})) as server:
        asking = provider(server)

    with pytest.raises(ModelUnavailable, match="cannot be reached") as raised:
        asking.answer(question())
    assert raised.value.retryable


def test_a_key_no_header_can_hold_is_never_shown(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    failure(replies(200, completion()), ModelUnavailable, key=lambda: f"{KEY}\nX-Other: 1")

    assert KEY not in caplog.text


def test_nothing_of_a_question_or_an_answer_is_logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)

    with serving(replies(200, completion())) as server:
        provider(server).answer(question())

    assert "canary" not in caplog.text


def test_parameters_json_has_no_form_for_are_an_error_of_the_prompt():
    with serving(replies(200, completion())) as server:
        with pytest.raises(EvaluationError, match="no JSON"):
            provider(server).answer(question(temperature=float("nan")))
        assert server.requests == []


def test_only_listed_models_are_asked():
    with serving(replies(200, completion())) as server:
        endpoint = Endpoint("somewhere", server.url, models=frozenset({"other-model"}))
        asking = OpenAiCompatible(endpoint, connections=1)
        for ask in (lambda: asking.answer(question()), lambda: asking.embed(MODEL, ["x"])):
            with pytest.raises(AccessRefused, match="'some-model' is not a model of the endpoint somewhere"):
                ask()
        assert server.requests == []


def test_embeddings_come_in_the_order_of_the_texts():
    document = embeddings([1.0, 0.0], [0.0, 1.0])
    document["data"] = list(reversed(document["data"]))  # type: ignore[call-overload]
    with serving(replies(200, document)) as server:
        embedded = provider(server).embed(MODEL, ["x", "y"])
        (received,) = server.requests

    assert (embedded.vectors, embedded.input_tokens) == ([[1.0, 0.0], [0.0, 1.0]], 5)
    assert received.path == "/v1/embeddings"
    assert received.body == {"model": "some-model", "input": ["x", "y"], "encoding_format": "float"}


@pytest.mark.parametrize(
    "document",
    [
        {},
        embeddings([1.0]),
        embeddings([1.0], [1.0, 2.0]),
        embeddings([], []),
        embeddings([1.0], [float("nan")]),
        {**embeddings([1.0], [2.0]), "usage": None},
    ],
    ids=["nothing", "one", "two dimensions", "empty", "nan", "no tokens"],
)
def test_embeddings_that_cannot_be_compared_are_none(document: dict[str, object]):
    with serving(replies(200, document)) as server, pytest.raises(ModelUnavailable):
        provider(server).embed(MODEL, ["x", "y"])
