"""The pointer has two forms and no third."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.domain.errors import MalformedPointer
from promptops.domain.pointer import BarePointer, Pointer, parse_pointer

SHA256 = "ab" * 32


@given(
    version=st.integers(1, 999_999),
    revision=st.integers(1),
    state=st.sampled_from(["live", "retired", "revoked"]),
)
def test_a_pointer_comes_back_as_it_was(version, revision, state):
    pointer = Pointer(version, revision, SHA256, state)

    assert parse_pointer(pointer.to_text()) == pointer


def test_its_text_is_small_and_names_everything():
    text = Pointer(12, 8, SHA256).to_text()

    assert json.loads(text) == {
        "schema": 1,
        "version": "v12",
        "revision": 8,
        "sha256": SHA256,
        "state": "live",
    }
    assert len(text) < 300


def test_a_bare_version_is_the_break_glass_form():
    assert parse_pointer("v12") == BarePointer(12)


@pytest.mark.parametrize(
    "text",
    [
        "", "v12 ", "V12", "v012", "v0", "12", "v1.2", "v\u0661\u0662",
        "latest", "{{ssm:x}}", "{}", "{", "[1]", "null",
        json.dumps({"schema": 2, "version": "v1", "revision": 1, "sha256": SHA256, "state": "live"}),
        json.dumps({"schema": 1, "version": "v1", "revision": True, "sha256": SHA256, "state": "live"}),
        json.dumps({"schema": 1, "version": "v1", "revision": 0, "sha256": SHA256, "state": "live"}),
        json.dumps({"schema": 1, "version": "v1", "revision": 1, "sha256": "AB" * 32, "state": "live"}),
        json.dumps({"schema": 1, "version": "v1", "revision": 1, "sha256": SHA256, "state": "paused"}),
        '{"a":' * 4000,
    ],
)  # fmt: skip
def test_anything_else_is_malformed(text):
    with pytest.raises(MalformedPointer, match="E_POINTER_MALFORMED"):
        parse_pointer(text)


@given(st.text(max_size=200))
def test_no_text_does_worse_than_malformed(text):
    with contextlib.suppress(MalformedPointer):
        parse_pointer(text)
