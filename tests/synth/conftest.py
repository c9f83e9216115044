"""Both targets, synthesised once a session."""

from __future__ import annotations

import pytest

from tests.synth.deployed import Deployed, deploy


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """What `cdk deploy` would make in an account."""
    return deploy(tmp_path_factory.mktemp("cloud"), checked=True)


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """What `cdk deploy -c target=local` makes on this machine."""
    return deploy(tmp_path_factory.mktemp("local"), target="local", localPort="4566")
