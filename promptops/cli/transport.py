"""How a prepared request leaves this machine: CA bundle, proxies, loopback names, time limits."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

CONNECT_SECONDS = 5
#: An HTTP API answers within 30 seconds or not at all.
READ_SECONDS = 35


class Answer(Protocol):
    """What came back over the wire."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...


Send = Callable[[AWSPreparedRequest], Answer]


def sender(url: str, ca_bundle: str | None) -> Send:
    """Sends to one base URL; `ca_bundle` is what AWS_CA_BUNDLE or the profile says."""
    local = is_loopback_name(url)
    session = URLLib3Session(
        verify=ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True,  # type: ignore[arg-type]
        proxies={} if local else get_environ_proxies(url),
        timeout=(CONNECT_SECONDS, READ_SECONDS),  # type: ignore[arg-type]
        max_pool_connections=1,
    )

    def send(request: AWSPreparedRequest) -> Answer:
        if local:
            request.url = to_loopback(request.url)
        return session.send(request)

    return send


def is_loopback_name(url: str) -> bool:
    """Whether the host is below `.localhost`, which always is this machine (RFC 6761, section 6.3)."""
    return (urlsplit(url).hostname or "").endswith(".localhost")


def to_loopback(url: str) -> str:
    """The same URL by address; the name stays in the request's Host header."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"127.0.0.1:{parts.port}" if parts.port else "127.0.0.1").geturl()
