"""The zips of the functions as they are deployed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.synth.deployed import Deployed, deploy


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    return deploy(tmp_path_factory.mktemp("zips"))


@pytest.fixture(scope="session")
def zips(cloud: Deployed) -> dict[str, Path]:
    """The staged folder of each function, by name: `publish`, `promote-dev`."""
    assets = json.loads((cloud.assembly / "PromptOpsLine.assets.json").read_text())["files"]
    return {
        function.name.removeprefix("prompt-ops-"): cloud.assembly
        / assets[_asset(function.properties)]["source"]["path"]
        for function in cloud.all("AWS::Lambda::Function")
    }


def _asset(properties: dict) -> str:
    return str(properties["Code"]["S3Key"]).removesuffix(".zip")
