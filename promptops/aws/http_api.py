"""Our HTTP API as the handlers see it: who calls, with what; and the form every answer has.

The actor is stamped here and nowhere else, from the identity API Gateway verified.
Event format: "Payload format version 2.0", Amazon API Gateway Developer Guide.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promptops.domain.errors import (
    MalformedRequest,
    PromptOpsError,
    SignInRequired,
    TooLarge,
    UnsupportedMediaType,
)
from promptops.domain.people import Actor
from promptops.domain.strict_json import read_json

MAX_BODY_BYTES = 5 * 1024 * 1024
JSON_HEADERS = {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ApiCall:
    """One call of one route. Header names are lower case; `raw_body` is decoded from base64 where needed."""

    route_key: str
    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    raw_body: bytes
    iam: Mapping[str, Any]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> ApiCall:
        """The call in an API Gateway event; raises TooLarge for a body over 5 MiB."""
        context = event["requestContext"]
        body = event.get("body") or ""
        raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8")
        if len(raw) > MAX_BODY_BYTES:
            raise TooLarge(f"the body has {len(raw)} bytes, limit {MAX_BODY_BYTES}", "Send less.")
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        sent = event.get("cookies") or headers.get("cookie", "").split(";")
        cookies = (cookie.partition("=") for cookie in sent)
        return cls(
            route_key=event["routeKey"],
            method=context["http"]["method"],
            path=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            headers=headers,
            cookies={name.strip(): value for name, _, value in cookies},
            raw_body=raw,
            iam=(context.get("authorizer") or {}).get("iam") or {},
        )

    @property
    def actor(self) -> Actor:
        """Who signed the call; raises SignInRequired where nobody did."""
        arn = self.iam.get("userArn")
        if not isinstance(arn, str) or not arn:
            raise SignInRequired("the call carries no IAM identity", "Sign it with SigV4 for execute-api.")
        return Actor("iam", arn)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object sent; raises UnsupportedMediaType or MalformedRequest."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise UnsupportedMediaType(f"the content type is {kind or 'missing'}", "Send application/json.")
        try:
            document = read_json(self.raw_body.decode("utf-8"))
        except ValueError as error:
            what = f"the body is not JSON ({error})"
            raise MalformedRequest(what, "Send one JSON object in UTF-8.") from error
        if not isinstance(document, dict):
            raise MalformedRequest("the body is not an object", "Send one JSON object.")
        return document


def is_api_event(event: Mapping[str, Any]) -> bool:
    """Whether the event came through the HTTP API, rather than from the workflow or a schedule."""
    return "http" in (event.get("requestContext") or {})


def respond(status: int, document: Mapping[str, object]) -> dict[str, Any]:
    return {"statusCode": status, "headers": dict(JSON_HEADERS), "body": json.dumps(document)}


def respond_error(error: Exception) -> dict[str, Any]:
    """`{"error": {code, what, fix, message, data}}`; what is not one of ours says nothing.

    Whatever is our fault or a service's is logged with its cause.
    """
    ours = (
        error
        if isinstance(error, PromptOpsError)
        else PromptOpsError("something unexpected happened", "Look at the function's log.")
    )
    if ours.http_status >= 500:
        logger.error("Answered %s", ours.code, exc_info=error)
    return respond(ours.http_status, {"error": ours.to_dict()})
