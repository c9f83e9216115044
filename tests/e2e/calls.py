"""Calls of the deployed API with any body and headers, and what AWS's own refusals look like."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from infra.local.instance import REGION
from infra.local.loopback import fetch
from tests.e2e.conftest import LocalAws

SECONDS = 60


@dataclass(frozen=True)
class Said:
    """What the API answered."""

    status: int
    document: Mapping[str, Any]

    @property
    def code(self) -> str:
        """The error's code if one of our functions answered with an error, else nothing."""
        error = self.document.get("error")
        return str(error["code"]) if isinstance(error, dict) else ""

    @property
    def kept_out(self) -> bool:
        """Whether IAM refused the call at the gateway, so that no function of ours ever saw it."""
        return self.status == 403 and "not authorized to perform: execute-api:Invoke" in str(self.document)


def post(
    aws: LocalAws,
    path: str,
    body: Mapping[str, object],
    *,
    signed_by: str | boto3.Session | None,
    headers: Mapping[str, str] | None = None,
) -> Said:
    """The answer to a POST signed by a person or in a session; with None, not signed at all."""
    url = f"{aws.instance.outputs['ApiUrl']}{path}"
    content = json.dumps(body).encode()
    request = AWSRequest("POST", url, {"Content-Type": "application/json", **(headers or {})}, content)
    session = aws.session(signed_by) if isinstance(signed_by, str) else signed_by
    if session:
        SigV4Auth(session.get_credentials(), "execute-api", REGION).add_auth(request)
    answer = fetch(
        url,
        certificate=aws.instance.certificate,
        method="POST",
        body=content,
        headers=dict(request.headers.items()),
        timeout_seconds=SECONDS,
    )
    return Said(answer.status, json.loads(answer.body))


def refused(action: str, call: Callable[..., object], **arguments: object) -> str:
    """What IAM says while it refuses exactly this action; any other end of the call is a failure."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] in ("AccessDenied", "AccessDeniedException"), error
    assert f"is not authorized to perform: {action} " in error["Message"], error
    return error["Message"]


def error_code(call: Callable[..., object], **arguments: object) -> str:
    """The code of the error that AWS answers with, after IAM has let the call in."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]
