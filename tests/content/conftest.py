"""The stand-in model server, running for real over loopback."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def model() -> Iterator[str]:
    """The address of a healthy model server of this session."""
    command = [sys.executable, "-m", "infra.local.model_server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{address}/health", timeout=10) as response:
            assert response.status == 200
        yield address
        process.terminate()
        assert process.wait(timeout=10) == 0
