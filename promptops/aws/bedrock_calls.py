"""Calls to Bedrock's runtime with little CPU each; endpoint, credentials, TLS and proxies are botocore's.

A client of boto3 spends three times as long on a call as its connection does, all of it under one lock of the
interpreter: a hundred calls at a time wait for it. Nothing is tried again here: who calls knows what may be.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import boto3
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from promptops.aws.quick_signing import QuickSigner

SERVICE = "bedrock"
CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0
_PATHS = {"Converse": "converse", "InvokeModel": "invoke"}
_BEARER = "AWS_BEARER_TOKEN_BEDROCK"


class Reply(NamedTuple):
    """A successful answer; header names in lower case."""

    document: dict[str, Any]
    headers: Mapping[str, str]


class BedrockCalls:
    """Shared by as many threads as it has connections."""

    def __init__(
        self, connections: int, session: boto3.Session | None = None, *, read_seconds: float = READ_SECONDS
    ) -> None:
        session = session or boto3.Session()
        #: Of the client that this stands in for; its event `before-send` is emitted as botocore does.
        self.meta = session.client("bedrock-runtime").meta
        self._url = self.meta.endpoint_url.rstrip("/")
        credentials = session.get_credentials()
        self._signer: QuickSigner | None = None
        if credentials is not None:
            frozen = credentials.get_frozen_credentials
            self._signer = QuickSigner(frozen, region=self.meta.region_name, service=SERVICE)
        self._http = URLLib3Session(
            verify=_authorities(),  # type: ignore[arg-type]
            proxies=get_environ_proxies(self._url),
            timeout=(CONNECT_SECONDS, read_seconds),  # type: ignore[arg-type]
            max_pool_connections=connections,
            # As botocore's clients do: a body sent after its head would wait 40 ms for an acknowledgement.
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # type: ignore[list-item]
        )

    def post(self, operation: str, model_id: str, document: Mapping[str, Any]) -> Reply:
        """The answer to `Converse` or `InvokeModel`.

        Raises botocore's own errors; a ClientError has the code of Bedrock's error and not its message, which
        may quote what was sent. ValueError says that the answer is no JSON object.
        """
        url = f"{self._url}/model/{quote(model_id, safe='')}/{_PATHS[operation]}"
        body = json.dumps(document).encode()
        headers = {**self._authorized(url, body), "content-length": str(len(body))}
        request = AWSPreparedRequest("POST", url, HeadersDict(headers), body, False)  # type: ignore[arg-type]
        replies = self.meta.events.emit(f"before-send.bedrock-runtime.{operation}", request=request)
        response = next((reply for _, reply in replies if reply is not None), None) or self._http.send(
            request
        )
        if response.status_code != 200:
            raise _error(response.status_code, response.headers, response.content, operation)
        answered = json.loads(response.content)
        if not isinstance(answered, dict):
            raise ValueError("no JSON object")
        return Reply(answered, response.headers)

    def _authorized(self, url: str, body: bytes) -> dict[str, str]:
        token = os.environ.get(_BEARER)
        if token:
            return {"content-type": "application/json", "authorization": f"Bearer {token}"}
        if self._signer is None:
            raise NoCredentialsError
        return self._signer.headers(url, body)


def _authorities() -> str | bool:
    return os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True


def _error(status: int, headers: Mapping[str, str], content: bytes, operation: str) -> ClientError:
    code = headers.get("x-amzn-errortype", "")
    if not code:
        try:
            code = str(json.loads(content).get("__type", ""))
        except (ValueError, AttributeError):
            code = ""
    name = code.partition(":")[0].rpartition("#")[2] or str(status)
    return ClientError(
        {"Error": {"Code": name, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]
        operation,
    )
