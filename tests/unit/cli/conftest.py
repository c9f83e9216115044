"""The stack every command test runs against."""

from __future__ import annotations

import pytest

from tests.unit.cli.stack import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    return Stack(monkeypatch)
