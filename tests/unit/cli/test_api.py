"""Signed requests: where they go, what they carry, when they are repeated, what their errors become."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.credentials import Credentials
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError, SSLError

from promptops.cli.api import ATTEMPTS, Api
from promptops.cli.transport import is_loopback_name, sender, to_loopback
from promptops.contract.routes import ROUTES
from promptops.domain.errors import (
    AccessRefused,
    Conflict,
    EndpointDown,
    PromptOpsError,
    SelfApproval,
    Throttled,
    TooLarge,
    Unavailable,
    UnknownRoute,
)

URL = "https://abc123.execute-api.eu-central-1.amazonaws.com"


@dataclass
class Reply:
    status_code: int
    content: bytes


def reply(status: int, document: object) -> Reply:
    return Reply(status, json.dumps(document).encode())


@dataclass
class Wire:
    """Answers in turn, exceptions being raised; keeps what was sent."""

    answers: list[Reply | Exception]
    sent: list[AWSPreparedRequest] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def send(self, request: AWSPreparedRequest) -> Reply:
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def api(self, url: str = URL, token: str | None = None) -> Api:
        credentials = Credentials("AKIDEXAMPLE", "secret", token)
        return Api(url, "eu-central-1", credentials, send=self.send, sleep=self.pauses.append)


def post(*answers: Reply | Exception, repeatable: bool = False) -> tuple[Wire, Any]:
    wire = Wire(list(answers))
    try:
        return wire, wire.api().post("/v1/prod/promote", {"prompt_id": "a-b"}, repeatable=repeatable)
    except PromptOpsError as error:
        return wire, error


def headers_of(request: AWSPreparedRequest) -> dict[str, str]:
    return {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }


def test_the_body_goes_to_the_path_signed_for_execute_api() -> None:
    wire = Wire([reply(202, {"request_id": "r"})])

    answer = wire.api(token="session").post("/v1/prod/promote", {"reason": "kürzer"}, repeatable=False)

    (request,) = wire.sent
    headers = headers_of(request)
    assert answer == {"request_id": "r"}
    assert (request.method, request.url) == ("POST", f"{URL}/v1/prod/promote")
    assert json.loads(request.body) == {"reason": "kürzer"}
    assert headers["content-type"] == "application/json"
    assert headers["x-amz-security-token"] == "session"
    assert re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\d{8}/eu-central-1/execute-api/aws4_request, "
        r"SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}",
        headers["authorization"],
    )


def test_a_base_url_with_a_path_keeps_it() -> None:
    wire = Wire([reply(200, {})])

    wire.api("https://127.0.0.1:4566/base/").post("/v1/publish", {}, repeatable=True)

    assert wire.sent[0].url == "https://127.0.0.1:4566/base/v1/publish"


def test_every_path_the_commands_use_is_a_route() -> None:
    used = {"/v1/publish", "/v1/{env}/evaluate", "/v1/{env}/promote", "/v1/{env}/rollback", "/v1/observe"}

    assert used | {"/v1/approvals/{approval_id}"} <= {
        route.path for route in ROUTES if route.method == "POST"
    }


def test_repeatable_requests_are_repeated_after_faults_with_growing_pauses() -> None:
    wire, answer = post(
        reply(503, {"error": {"code": "E_THROTTLED", "what": "busy"}}),
        ReadTimeoutError(endpoint_url=URL),
        reply(500, {"message": "Internal Server Error"}),
        reply(200, {"done": True}),
        repeatable=True,
    )

    assert answer == {"done": True}
    assert len(wire.pauses) == 3
    assert all(0 <= pause <= 0.2 * 2**attempt for attempt, pause in enumerate(wire.pauses, start=1))


def test_repeating_ends() -> None:
    wire, error = post(*[reply(429, {"message": "Too Many Requests"})] * ATTEMPTS, repeatable=True)

    assert isinstance(error, Throttled)
    assert len(wire.sent) == ATTEMPTS


def test_other_requests_are_not_repeated_once_they_may_have_arrived() -> None:
    wire, error = post(ReadTimeoutError(endpoint_url=URL), reply(200, {}))

    assert isinstance(error, EndpointDown)
    assert len(wire.sent) == 1


def test_other_requests_are_repeated_while_they_cannot_have_arrived() -> None:
    wire, answer = post(EndpointConnectionError(endpoint_url=URL), reply(200, {"done": True}))

    assert answer == {"done": True}
    assert len(wire.sent) == 2


def test_who_stops_waiting_is_told_that_it_may_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(request: AWSPreparedRequest) -> Reply:
        raise KeyboardInterrupt

    api = Api(URL, "eu-central-1", Credentials("AKIDEXAMPLE", "secret"), send=interrupted)

    with pytest.raises(KeyboardInterrupt):
        api.post("/v1/prod/rollback", {}, repeatable=True)

    assert "POST /v1/prod/rollback, which may be done all the same" in capsys.readouterr().err


def test_refusals_are_not_repeated() -> None:
    wire, error = post(
        reply(403, {"error": {"code": "E_SELF_APPROVAL", "what": "you wrote it", "fix": "Ask another."}}),
        repeatable=True,
    )

    assert isinstance(error, SelfApproval)
    assert str(error) == "E_SELF_APPROVAL: you wrote it. Ask another."
    assert len(wire.sent) == 1


def test_the_data_of_an_error_arrives() -> None:
    _, error = post(
        reply(409, {"error": {"code": "E_CONFLICT", "what": "head moved", "data": {"revision": 8}}})
    )

    assert isinstance(error, Conflict)
    assert error.data == {"revision": 8}


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        (403, {"message": "Forbidden"}, AccessRefused),
        (403, {"Message": "User: x is not authorized"}, AccessRefused),
        (404, {"message": "Not Found"}, UnknownRoute),
        (413, {"message": "Request Too Long"}, TooLarge),
        (429, {"message": "Too Many Requests"}, Throttled),
        (500, {"message": "Internal Server Error"}, Unavailable),
        (502, [], Unavailable),
    ],
)
def test_what_the_gateway_itself_answers_becomes_an_error_of_ours(
    status: int, document: object, kind: type[PromptOpsError]
) -> None:
    _, error = post(reply(status, document))

    assert type(error) is kind
    assert "/v1/prod/promote" in str(error) or kind in (TooLarge, Throttled)


@pytest.mark.parametrize(
    ("path", "policies"),
    [
        ("/v1/publish", "PolicyAuthor or PolicyCi"),
        ("/v1/prod/rollback", "PolicyOnCall"),
        ("/v1/approvals/prod-4f1c", "PolicyApprover"),
        ("/v1/observe", "PolicyReader"),
    ],
)
def test_a_caller_who_may_not_is_told_which_policy_allows_it(path: str, policies: str) -> None:
    said = "User: arn:aws:iam::1:user/alice is not authorized to perform: execute-api:Invoke because"
    wire = Wire([reply(403, {"message": said})])

    with pytest.raises(AccessRefused) as refused:
        wire.api().post(path, {}, repeatable=False)

    assert str(refused.value) == (
        f"E_ACCESS: the API refused POST {path}: 'User: arn:aws:iam::1:user/alice is not authorized'. "
        f"Ask for {policies}, which the stack's outputs name."
    )


def test_an_answer_that_is_no_json_is_an_error_of_ours() -> None:
    _, error = post(Reply(502, b"<html>"))

    assert type(error) is Unavailable


def test_an_untrusted_certificate_names_the_variable_to_set() -> None:
    _, error = post(SSLError(endpoint_url=URL, error="self-signed"))

    assert isinstance(error, EndpointDown)
    assert "AWS_CA_BUNDLE" in error.fix


def test_names_below_localhost_are_this_machine_and_keep_their_host_header() -> None:
    assert (
        to_loopback("https://abc.execute-api.localhost:4566/v1/publish")
        == "https://127.0.0.1:4566/v1/publish"
    )
    assert is_loopback_name("https://abc.execute-api.localhost:4566")
    assert not is_loopback_name("https://localhost.example.com")
    assert not is_loopback_name(URL)


def test_a_request_to_a_loopback_name_goes_to_loopback_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = "https://abc.execute-api.localhost:4566"
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    seen: dict[str, Any] = {}

    class Session:
        def __init__(self, **options: Any) -> None:
            seen.update(options)

        def send(self, request: AWSPreparedRequest) -> Reply:
            seen["request"] = request
            return reply(200, {})

    monkeypatch.setattr("promptops.cli.transport.URLLib3Session", Session)
    api = Api(url, "eu-central-1", Credentials("AKIDEXAMPLE", "secret"), send=sender(url, "/etc/ca.pem"))

    api.post("/v1/publish", {}, repeatable=True)

    assert seen["verify"] == "/etc/ca.pem"
    assert seen["proxies"] == {}
    assert seen["request"].url == "https://127.0.0.1:4566/v1/publish"
    assert headers_of(seen["request"])["host"] == "abc.execute-api.localhost:4566"


def test_other_requests_go_through_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    for name in ("NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    seen: dict[str, Any] = {}
    monkeypatch.setattr("promptops.cli.transport.URLLib3Session", lambda **options: seen.update(options))

    sender(URL, None)

    assert seen["proxies"]["https"] == "http://proxy.example:3128"
    assert seen["verify"] is True
