"""Promises of the quick signer: byte for byte the signature that botocore makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from promptops.aws.quick_signing import QuickSigner

NOW = datetime(2026, 3, 1, 10, 20, 30, tzinfo=UTC)


def theirs(url: str, body: bytes, credentials: Credentials, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(auth, "get_current_datetime", lambda *_, **__: NOW.replace(tzinfo=None))
    request = AWSRequest("POST", url, headers={"Content-Type": "application/json"}, data=body)
    auth.SigV4Auth(credentials, "bedrock", "eu-west-1").add_auth(request)
    return str(request.headers["Authorization"])


@pytest.mark.parametrize("token", [None, "a/session+token=="])
@pytest.mark.parametrize(
    ("url", "body"),
    [
        (
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/eu.some.model-v1%3A0/converse",
            b'{"a": "b"}',
        ),
        ("http://127.0.0.1:4566/model/m/invoke", b""),
        ("https://x/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Aprofile%2Fabc_1~/converse", '{"ü": 1}'.encode()),
    ],
    ids=["profile", "port", "arn"],
)
def test_it_signs_as_botocore_does(url: str, body: bytes, token: str | None, monkeypatch: pytest.MonkeyPatch):
    credentials = Credentials("AKIDEXAMPLE", "secret/key", token)
    signer = QuickSigner(
        credentials.get_frozen_credentials, region="eu-west-1", service="bedrock", now=lambda: NOW
    )

    headers = signer.headers(url, body)

    assert headers["authorization"] == theirs(url, body, credentials, monkeypatch)
    assert headers["x-amz-date"] == "20260301T102030Z"
    assert headers.get("x-amz-security-token") == token


def test_a_new_day_and_renewed_credentials_have_a_new_key():
    credentials, moment = Credentials("A", "first"), [NOW]
    signer = QuickSigner(
        lambda: credentials.get_frozen_credentials(), region="r", service="s", now=lambda: moment[0]
    )
    seen = set()
    for secret, days in (("first", 0), ("first", 1), ("second", 1), ("first", 0)):
        credentials.secret_key, moment[0] = secret, NOW + timedelta(days=days)
        seen.add(signer.headers("https://x/y", b"")["authorization"])

    assert len(seen) == 3
