"""Promises of an endpoint's key: read from its secret, kept for minutes, and never quoted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from promptops.aws.secret_text import KEPT_SECONDS, SecretText
from promptops.domain.errors import AccessRefused, PromptOpsError, Throttled, Unavailable
from tests.unit.asking.fake_timer import FakeTimer

KEY = "sk-canary-key"
SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield SESSION.client("secretsmanager")


@pytest.fixture
def secret(client: Any) -> Callable[[str], SecretText]:
    def secret(text: str) -> SecretText:
        arn = client.create_secret(Name="endpoint", SecretString=text)["ARN"]
        return SecretText(arn, client, timer=FakeTimer())

    return secret


@pytest.mark.parametrize(
    "text", [KEY, f" {KEY}\n", f'{{"api_key": "{KEY}"}}', f'{{"api_key": "{KEY}", "owner": "ops"}}']
)
def test_the_key_is_the_text_or_its_api_key(secret: Callable[[str], SecretText], text: str):
    assert secret(text)() == KEY


@pytest.mark.parametrize(
    "text",
    [f'{{"other": "{KEY}"}}', f'{{"api_key": "{KEY}"', f"{KEY}\n{KEY}", '{"api_key": ""}', f"{KEY}é", " "],
    ids=["no api_key", "no JSON", "two lines", "empty", "not ASCII", "blank"],
)
def test_what_is_no_key_is_refused_without_being_quoted(secret: Callable[[str], SecretText], text: str):
    with pytest.raises(AccessRefused, match="arn:aws:secretsmanager") as raised:
        secret(text)()
    assert KEY not in f"{raised.value} {raised.value.data}"


def test_it_is_read_once_in_some_minutes_so_that_a_rotated_one_is_used(client: Any):
    arn = client.create_secret(Name="endpoint", SecretString="first")["ARN"]
    timer = FakeTimer()
    key = SecretText(arn, client, timer=timer)
    assert key() == "first"
    client.put_secret_value(SecretId=arn, SecretString="second")

    timer.moment = KEPT_SECONDS - 1
    before = key()
    timer.moment = KEPT_SECONDS
    after = key()

    assert (before, after) == ("first", "second")


def test_it_is_read_in_its_own_region(client: Any, monkeypatch: pytest.MonkeyPatch):
    elsewhere = boto3.Session(
        aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-central-1"
    ).client("secretsmanager")
    arn = elsewhere.create_secret(Name="far", SecretString=KEY)["ARN"]
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    assert SecretText.of(arn)() == KEY


def test_nothing_shows_it(secret: Callable[[str], SecretText]):
    key = secret(KEY)
    key()

    assert KEY not in repr(key)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AccessDeniedException", AccessRefused),
        ("ResourceNotFoundException", AccessRefused),
        ("DecryptionFailure", AccessRefused),
        ("ThrottlingException", Throttled),
        ("InternalServiceError", Unavailable),
    ],
)
def test_a_secret_that_cannot_be_read_says_why(code: str, error: type[PromptOpsError]):
    client = SESSION.client("secretsmanager")
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", code, http_status_code=500 if "Internal" in code else 400)
        with pytest.raises(error, match=code) as raised:
            SecretText("arn:aws:secretsmanager:us-east-1:1:secret:x", client)()
    assert type(raised.value) is error
