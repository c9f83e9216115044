"""Promises of an endpoint: prompts and keys go over TLS, to where it says and nowhere else."""

from __future__ import annotations

import pytest

from promptops.domain.errors import InvalidEndpoint
from promptops.models.endpoint import Endpoint


@pytest.mark.parametrize(
    "url",
    [
        "https://models.example.com/v1",
        "http://127.0.0.1:8089/v1",
        "http://localhost:1234",
        "http://[::1]:80/v1",
    ],
)
def test_tls_or_this_machine(url: str):
    assert Endpoint("somewhere", url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://models.example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost@example.com/v1",
        "https://user:secret@example.com/v1",
        "https://example.com/v1?key=secret",
        "https://example.com/v1#secret",
        "ftp://example.com",
        "file:///etc/passwd",
        "example.com/v1",
        "https://",
        "",
    ],
)
def test_everything_else_is_refused_without_being_quoted(url: str):
    with pytest.raises(InvalidEndpoint, match="endpoint 'somewhere'") as raised:
        Endpoint("somewhere", url)
    assert "secret" not in str(raised.value)


def test_the_key_is_not_part_of_how_it_is_shown():
    assert "api_key" not in repr(Endpoint("somewhere", "https://example.com", lambda: "sk-canary"))
