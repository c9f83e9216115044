"""Who calls, with what: read from API Gateway's event and nothing else."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from promptops.aws.http_api import MAX_BODY_BYTES, ApiCall, is_api_event, respond_error
from promptops.domain.errors import (
    DuplicateKey,
    EndpointDown,
    MalformedRequest,
    SignInRequired,
    TooDeep,
    TooLarge,
    UnknownVersion,
    UnsupportedMediaType,
)
from promptops.domain.people import Actor

ALICE = "arn:aws:iam::111122223333:user/alice"


def an_event(body: str = "{}", **changes: Any) -> dict[str, Any]:
    return {
        "routeKey": "POST /v1/publish",
        "headers": {"Content-Type": "application/json; charset=utf-8"},
        "requestContext": {"http": {"method": "POST"}, "authorizer": {"iam": {"userArn": ALICE}}},
        "body": body,
        **changes,
    }


def test_the_actor_is_who_signed_whatever_the_body_says():
    call = ApiCall.from_event(an_event('{"actor": "ceo", "requestContext": {}}'))

    assert call.actor == Actor("iam", ALICE)


def test_an_unsigned_call_has_no_actor():
    event = an_event(requestContext={"http": {"method": "POST"}})

    with pytest.raises(SignInRequired):
        _ = ApiCall.from_event(event).actor


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", "{", '{"a": NaN}', '{"a": Infinity}', '"text"', "[0]" + "," * 100_000, "1" * 19],
)
def test_a_body_that_is_not_one_plain_object_is_refused(body):
    with pytest.raises(MalformedRequest, match="E_BODY"):
        _ = ApiCall.from_event(an_event(body)).body


@pytest.mark.parametrize("in_base64", [False, True])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"a": {"b": 1, "b": 2}}', DuplicateKey),
        ("[" * 100_000, TooDeep),
        ('{"a":' * 100_000, TooDeep),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", TooDeep),
        ('{"a": NaN}', MalformedRequest),
        ('{"a": -Infinity}', MalformedRequest),
    ],
)
def test_base64_hides_nothing(body: str, error: type[Exception], in_base64: bool):
    sent = base64.b64encode(body.encode()).decode() if in_base64 else body

    with pytest.raises(error):
        _ = ApiCall.from_event(an_event(sent, isBase64Encoded=in_base64)).body


def test_brackets_within_texts_are_no_depth():
    body = json.dumps({"dataset": '{"a": "[[[[{"}\n' * 10_000})

    assert ApiCall.from_event(an_event(body)).body == json.loads(body)


@pytest.mark.parametrize("body", ["not base64!", "YQ", "é", "\ud800"])
def test_a_body_that_cannot_be_decoded_is_refused(body: str):
    with pytest.raises(MalformedRequest, match="E_BODY"):
        _ = ApiCall.from_event(an_event(body, isBase64Encoded=body != "\ud800")).body


def test_a_huge_body_in_base64_is_refused_before_it_is_decoded():
    event = an_event("!" * (MAX_BODY_BYTES * 4 // 3 + 4), isBase64Encoded=True)

    with pytest.raises(TooLarge, match=f"limit {MAX_BODY_BYTES}"):
        ApiCall.from_event(event)


def test_another_content_type_is_refused():
    event = an_event(headers={"content-type": "text/plain"})

    with pytest.raises(UnsupportedMediaType) as refused:
        _ = ApiCall.from_event(event).body
    assert refused.value.http_status == 415


def test_a_huge_body_is_refused_before_it_is_read():
    with pytest.raises(TooLarge, match=f"limit {MAX_BODY_BYTES}"):
        ApiCall.from_event(an_event("x" * (MAX_BODY_BYTES + 1)))


def test_bodies_in_base64_and_cookies_in_either_place_are_read():
    event = an_event(base64.b64encode(b'{"a": 1}').decode(), isBase64Encoded=True, cookies=["a=1", "b=x=y"])
    assert ApiCall.from_event(event).body == {"a": 1}
    assert ApiCall.from_event(event).cookies == {"a": "1", "b": "x=y"}

    event = an_event(headers={"cookie": "a=1; b=2"})
    assert ApiCall.from_event(event).cookies == {"a": "1", "b": "2"}


def test_only_events_of_the_api_are_calls():
    assert is_api_event(an_event())
    assert not is_api_event({"task": "begin"})


def test_our_errors_say_everything_and_others_nothing():
    ours = respond_error(UnknownVersion("v9 is not published", "There is v1."))
    other = respond_error(ValueError("a secret"))

    assert ours["statusCode"] == 404
    assert (
        json.loads(ours["body"])["error"]["message"] == "E_VERSION_UNKNOWN: v9 is not published. There is v1."
    )
    assert other["statusCode"] == 500
    assert "secret" not in other["body"]


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (EndpointDown("S3 does not answer"), "E_ENDPOINT"),
        (ValueError("a secret"), "E_INTERNAL"),
        (UnknownVersion("v9 is not published"), ""),
    ],
)
def test_what_the_caller_cannot_help_is_logged_with_its_cause(error, logged, caplog):
    respond_error(error)

    assert [record.getMessage() for record in caplog.records] == ([f"Answered {logged}"] if logged else [])
    assert all(record.exc_info[1] is error for record in caplog.records)
