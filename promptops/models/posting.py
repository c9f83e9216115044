"""JSON to an endpoint and back, over connections that are kept; every way it can fail has a name."""

from __future__ import annotations

import json
import math
import os
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError, SSLError

from promptops.asking.patience import RETRY_AFTER
from promptops.domain.errors import (
    AccessRefused,
    EvaluationError,
    ModelRefused,
    ModelUnavailable,
    PromptOpsError,
    Throttled,
)
from promptops.domain.question import ModelName
from promptops.models.endpoint import Endpoint
from promptops.models.one_write import in_one_write

#: More than any answer has; a hundred embeddings of 3,072 numbers have some 4 MB.
MAX_RESPONSE_BYTES = 16_000_000
MAX_RETRY_AFTER_SECONDS = 60.0
_CONNECT_SECONDS = 5.0
_CHUNK_BYTES = 65_536

_AGAIN = "Try again; if it lasts, look at the provider's status page."
_ACCESS = "Check the endpoint's key and what it may do."
_WRONG = "Check the endpoint's url, the model's id, its parameters and the length of the prompt."


class _Response(NamedTuple):
    """`body` is None where it was too large."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class Posting:
    """A pool of connections to one endpoint, made as the environment says: proxy, certificates."""

    def __init__(self, endpoint: Endpoint, *, connections: int, timeout_seconds: float) -> None:
        self._endpoint = endpoint
        self._timeout_seconds = timeout_seconds
        self._timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=timeout_seconds)
        url = endpoint.url.rstrip("/")
        self._path = urlsplit(url).path
        self._pool = _manager(url, connections).connection_from_url(url)

    def post(self, path: str, body: Mapping[str, Any], model: ModelName) -> dict[str, Any]:
        """The JSON object of a successful answer.

        Raises Throttled, AccessRefused, ModelRefused or ModelUnavailable; none quotes what was sent, answered
        or is secret. A body JSON has no form for is an EvaluationError.
        """
        who = f"{model.id} at {self._endpoint.name}"
        try:
            sent = json.dumps(body, allow_nan=False).encode()
        except (TypeError, ValueError):
            raise EvaluationError(
                f"the parameters of {model.id} are no JSON", "Correct prompt.yaml."
            ) from None
        response = self._exchange(path, sent, who)
        if response.body is None:
            limit = f"{MAX_RESPONSE_BYTES / 1_000_000:g} MB"
            raise ModelRefused(f"{who} answered with more than {limit}", _WRONG)
        if response.status != 200:
            raise refusal(response.status, response.headers, who)
        try:
            document = json.loads(response.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise ModelUnavailable(f"{who} answered with something that is no JSON object", _WRONG)
        return document

    def _exchange(self, path: str, body: bytes, who: str) -> _Response:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        key = self._endpoint.api_key()
        if key:
            headers["Authorization"] = f"Bearer {key}"
        # No cause is kept: one about a header that cannot be sent holds the header, and so the key.
        try:
            return self._send(path, body, headers)
        except (ReadTimeoutError, TimeoutError):
            what = f"{who} did not answer within {self._timeout_seconds:g} s"
            raise ModelUnavailable(what, _AGAIN) from None
        except SSLError:
            what = f"{who} shows a certificate that is not trusted"
            raise ModelRefused(what, "Set REQUESTS_CA_BUNDLE to its authority's file.") from None
        except (HTTPError, OSError, ValueError) as error:
            what = f"{who} cannot be reached, or broke off ({type(error).__name__})"
            raise ModelUnavailable(what, _AGAIN) from None

    def _send(self, path: str, body: bytes, headers: Mapping[str, str]) -> _Response:
        give_up_at = time.monotonic() + self._timeout_seconds
        response = self._pool.urlopen(
            "POST",
            self._path + path,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=self._timeout,
            preload_content=False,
            decode_content=False,
        )
        try:
            received = _received(response, give_up_at)
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()
        return _Response(response.status, response.headers, received)


def refusal(status: int, headers: Mapping[str, str], who: str) -> PromptOpsError:
    """What a status other than 200 means."""
    seconds = _retry_after(headers)
    wait: dict[str, object] = {RETRY_AFTER: seconds} if seconds else {}
    if status == 429:
        return Throttled(f"{who} answered 429, too many requests", "Lower requests_per_minute.", **wait)
    if status in (401, 403):
        return AccessRefused(f"{who} answered {status}", _ACCESS)
    if status in (408, 409, 425) or status >= 500:
        return ModelUnavailable(f"{who} answered {status}", _AGAIN, **wait)
    if status == 404:
        what = f"{who} answered 404: the url mostly ends in /v1, or the model has another id"
        return ModelRefused(what, _WRONG)
    if 300 <= status < 400:
        return ModelRefused(f"{who} answered {status}; redirects are not followed", "Write its final url.")
    return ModelRefused(f"{who} answered {status}", _WRONG)


def _received(response: urllib3.BaseHTTPResponse, give_up_at: float) -> bytes | None:
    """The whole body, or None if it is too large; raises TimeoutError if it trickles in for too long."""
    # Older releases, such as a Lambda runtime may bring, have no read1 and wait for whole chunks.
    read = getattr(response, "read1", response.read)
    chunks: list[bytes] = []
    size = 0
    while chunk := read(_CHUNK_BYTES):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_RESPONSE_BYTES:
            response.close()
            return None
        if time.monotonic() > give_up_at:
            raise TimeoutError
    return b"".join(chunks)


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait, from either form of the header; 0 without one."""
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return 0.0
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS) if math.isfinite(seconds) else 0.0


def _manager(url: str, connections: int) -> urllib3.PoolManager:
    """One TLS context for all connections: reading the authorities anew for each takes longer than a call."""
    parts = urlsplit(url)
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or None
    context = ssl.create_default_context(cafile=bundle) if parts.scheme == "https" else None
    proxy = getproxies().get("https", "") if parts.scheme == "https" else ""
    host = parts.hostname or ""
    if not proxy or proxy_bypass(host):
        return in_one_write(urllib3.PoolManager(num_pools=1, maxsize=connections, ssl_context=context))
    user = urlsplit(proxy)
    headers = (
        urllib3.make_headers(proxy_basic_auth=f"{user.username}:{user.password or ''}")
        if user.username
        else None
    )
    return urllib3.ProxyManager(
        proxy, num_pools=1, maxsize=connections, ssl_context=context, proxy_headers=headers
    )
