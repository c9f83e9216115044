"""Answers to a browser; every one carries the same protective headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.approve.page.style import CSS_HASH

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src '{CSS_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page(status: int, document: str, cookies: Sequence[str] = ()) -> dict[str, Any]:
    """A page, as the HTTP API takes it from a function."""
    headers = {**HEADERS, "Content-Type": "text/html; charset=utf-8"}
    return {"statusCode": status, "headers": headers, "cookies": list(cookies), "body": document}


def redirect(location: str, cookies: Sequence[str] = ()) -> dict[str, Any]:
    """On to another address, always with GET."""
    headers = {**HEADERS, "Location": location}
    return {"statusCode": 303, "headers": headers, "cookies": list(cookies), "body": ""}


def protected(response: dict[str, Any]) -> dict[str, Any]:
    """Another answer, with the same headers."""
    return {**response, "headers": {**response.get("headers", {}), **HEADERS}}
