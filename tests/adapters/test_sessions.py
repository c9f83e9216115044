from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.aws.sessions import SESSION_COOKIE, Sessions
from promptops.domain.errors import ForeignForm, SignInRequired
from tests.unit.approval_world import FakeClock, cookies_in


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("kms", region_name="eu-central-1")


def a_key(kms: Any) -> str:
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return str(key["KeyMetadata"]["KeyId"])


def test_the_key_in_kms_vouches_for_session_and_form(kms: Any) -> None:
    sessions = Sessions(a_key(kms), kms, FakeClock())
    cookies = cookies_in([sessions.begin_session("bob@example.com")])

    session = sessions.session(cookies)
    token = sessions.form_token(session, "prod-1")

    assert session.email == "bob@example.com"
    sessions.check_form_token(session, "prod-1", token)
    with pytest.raises(ForeignForm):
        sessions.check_form_token(session, "prod-2", token)


def test_nothing_that_another_key_made_counts(kms: Any) -> None:
    cookie = Sessions(a_key(kms), kms, FakeClock()).begin_session("bob@example.com")

    with pytest.raises(SignInRequired):
        Sessions(a_key(kms), kms, FakeClock()).session(cookies_in([cookie]))


def test_a_session_cannot_be_changed_into_somebody_elses(kms: Any) -> None:
    sessions = Sessions(a_key(kms), kms, FakeClock())
    payload, _, mac = cookies_in([sessions.begin_session("bob@example.com")])[SESSION_COOKIE].partition(".")
    fields = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**fields, "email": "carol@example.com"}).encode())

    with pytest.raises(SignInRequired):
        sessions.session({SESSION_COOKIE: f"{forged.decode().rstrip('=')}.{mac}"})
