"""Our HTTP API as the handlers see it: who calls, with what; and the form every answer has.

The actor is stamped here and nowhere else, from the identity API Gateway verified.
Event format: "Payload format version 2.0", Amazon API Gateway Developer Guide.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promptops.domain.errors import (
    DuplicateKey,
    MalformedRequest,
    PromptOpsError,
    SignInRequired,
    TooDeep,
    TooLarge,
    UnsupportedMediaType,
    shown,
)
from promptops.domain.people import Actor
from promptops.domain.strict_json import DuplicateName, NestedTooDeeply, read_bounded_json

MAX_BODY_BYTES = 5 * 1024 * 1024
MAX_BODY_DEPTH = 32
MAX_BODY_VALUES = 50_000
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
        """The call in an API Gateway event; raises TooLarge for a body over 5 MiB, or MalformedRequest."""
        context = event["requestContext"]
        raw = _body(event)
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
        """The JSON object sent; raises UnsupportedMediaType, MalformedRequest, TooDeep or DuplicateKey."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            what = f"the content type is {shown(kind) if kind else 'missing'}"
            raise UnsupportedMediaType(what, "Send application/json.")
        try:
            document = read_bounded_json(
                self.raw_body.decode("utf-8"), max_depth=MAX_BODY_DEPTH, max_values=MAX_BODY_VALUES
            )
        except NestedTooDeeply as error:
            raise TooDeep(f"the body is {error}", "Flatten it.") from error
        except DuplicateName as error:
            raise DuplicateKey(f"in the body {error}", "Remove one of them.") from error
        except ValueError as error:
            what = f"the body is not JSON ({error})"
            raise MalformedRequest(what, "Send one JSON object in UTF-8.") from error
        if not isinstance(document, dict):
            raise MalformedRequest("the body is not an object", "Send one JSON object.")
        return document


def _body(event: Mapping[str, Any]) -> bytes:
    """The bytes that were sent; what is too large is not even decoded."""
    text = event.get("body") or ""
    in_base64 = bool(event.get("isBase64Encoded"))
    size = len(text) * 3 // 4 - text[-2:].count("=") if in_base64 else len(text)
    if size <= MAX_BODY_BYTES:
        try:
            raw = base64.b64decode(text, validate=True) if in_base64 else text.encode("utf-8")
        except (binascii.Error, ValueError) as error:
            raise MalformedRequest("the body cannot be decoded", "Send it as UTF-8.") from error
        size = len(raw)
    if size > MAX_BODY_BYTES:
        raise TooLarge(f"the body has {size} bytes, limit {MAX_BODY_BYTES}", "Send less.")
    return raw


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
