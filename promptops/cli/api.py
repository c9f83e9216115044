"""The installation's HTTP API, called as the caller: every request carries a SigV4 signature."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from promptops.aws.error_mapping import mapped
from promptops.cli.output import note
from promptops.cli.transport import Answer, Send
from promptops.contract.routes import ROUTES
from promptops.domain.errors import (
    AccessRefused,
    PromptOpsError,
    Throttled,
    TooLarge,
    Unavailable,
    UnknownRoute,
    from_dict,
    shown,
)

SERVICE = "execute-api"
ATTEMPTS = 4
LONGEST_PAUSE_SECONDS = 5.0
LOOK = "Look with promptops changes, or show, before you repeat it."


class Api:
    """Signed requests to one API. `send` and `sleep` are the edges to network and time."""

    def __init__(
        self,
        url: str,
        region: str,
        credentials: Credentials,
        *,
        send: Send,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._signer = SigV4Auth(credentials, SERVICE, region)
        self._send = send
        self._sleep = sleep

    def post(self, path: str, body: Mapping[str, object], *, repeatable: bool) -> dict[str, Any]:
        """The API's answer; its errors are raised as our own.

        Requests that do no harm when sent twice are `repeatable`: they are repeated after faults, the others
        only if they cannot have arrived. Raises EndpointDown, Throttled, AccessRefused or the API's error.
        """
        try:
            return self._until_answered(path, body, repeatable=repeatable)
        except KeyboardInterrupt:
            note(f"Stopped waiting for POST {path}, which may be done all the same. {LOOK}")
            raise

    def _until_answered(self, path: str, body: Mapping[str, object], *, repeatable: bool) -> dict[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(path, body)
            except PromptOpsError as error:
                never_arrived = isinstance(error.__cause__, (EndpointConnectionError, ConnectTimeoutError))
                if attempt == ATTEMPTS or not error.retryable or not (repeatable or never_arrived):
                    raise
            self._sleep(random.uniform(0, min(LONGEST_PAUSE_SECONDS, 0.2 * 2**attempt)))  # noqa: S311
        raise AssertionError("the last attempt returns or raises")

    def reach(self) -> None:
        """Returns if the API answers at all, whatever it says; raises EndpointDown."""
        self._deliver(AWSRequest("GET", f"{self._url}/").prepare())

    def _once(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        answer = self._deliver(self._signed(path, body))
        document = _json(answer.content)
        if answer.status_code < 300:
            return document
        if isinstance(document.get("error"), dict):
            raise from_dict(document["error"])
        raise _gateway_error(answer.status_code, path, document)

    def _deliver(self, request: AWSPreparedRequest) -> Answer:
        with mapped(f"{request.method} {request.url}"):
            return self._send(request)

    def _signed(self, path: str, body: Mapping[str, object]) -> AWSPreparedRequest:
        content = json.dumps(body, ensure_ascii=False).encode()
        url = urlsplit(self._url + path)
        headers = {"Content-Type": "application/json", "Host": url.netloc}
        request = AWSRequest("POST", url.geturl(), headers, content)
        with mapped("signing"):
            self._signer.add_auth(request)
        return request.prepare()


def _json(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _gateway_error(status: int, path: str, document: Mapping[str, object]) -> PromptOpsError:
    """What API Gateway itself answers, before any function of ours."""
    message = str(document.get("message") or document.get("Message") or "nothing more")
    said = shown(message.partition(" to perform: ")[0])
    if status in (401, 403):
        allow = [f"Policy{kind}" for route in ROUTES if route.serves(path) for kind in route.policies]
        fix = f"Ask for {' or '.join(allow)}, which the stack's outputs name."
        return AccessRefused(f"the API refused POST {path}: {said}", fix)
    if status == 404:
        return UnknownRoute(f"the API has no route POST {path}", "Compare releases with promptops doctor.")
    if status == 413:
        return TooLarge("the request is larger than the API takes", "Keep fewer cases, or upload them.")
    if status == 429:
        return Throttled("the API is busy", "Try again in a moment.")
    what = f"the API answered {status} to POST {path}: {said}"
    return Unavailable(what, "Try again; then read the function's log.")
