"""HTTP to names below `.localhost`: always this machine, though Python cannot resolve them everywhere."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.ports import LOOPBACK


@dataclass(frozen=True)
class Answer:
    """Headers keep their order and may repeat; redirects are answers, not followed."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def fetch(
    url: str,
    *,
    certificate: Path | None = None,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = 10,
) -> Answer:
    """The answer of a server on this machine, whatever its name; raises OSError if there is none."""
    parts = urlsplit(url)
    connection: HTTPConnection
    if parts.scheme == "https":
        trusted = ssl.create_default_context(cafile=str(certificate) if certificate else None)
        # The connection goes to the address; the name, which the certificate also has, is in the Host header.
        connection = HTTPSConnection(LOOPBACK, parts.port, context=trusted, timeout=timeout_seconds)
    else:
        connection = HTTPConnection(LOOPBACK, parts.port, timeout=timeout_seconds)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, {"Host": parts.netloc, **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def answers(url: str, *, certificate: Path | None = None) -> bool:
    """Whether a GET is answered with 200 within two seconds."""
    try:
        return fetch(url, certificate=certificate, timeout_seconds=2).status == 200
    except OSError:
        return False
