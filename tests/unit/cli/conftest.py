"""The stack every command test runs against."""

from __future__ import annotations

import pytest

from tests.unit.cli.stack import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    return Stack(monkeypatch)


@pytest.fixture(autouse=True)
def as_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are as wide as in a file, however wide the terminal of who runs the tests."""
    monkeypatch.delenv("COLUMNS", raising=False)
