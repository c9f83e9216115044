"""cfn-lint finds nothing in either template of either target."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.synth.deployed import STACKS, Deployed

#: CDK writes DependsOn beside references that imply it.
REDUNDANT_DEPENDENCY = "W3005"


@pytest.mark.parametrize("target", ["cloud", "local"])
def test_cfn_lint_finds_nothing(target: str, request: pytest.FixtureRequest):
    deployed: Deployed = request.getfixturevalue(target)
    templates = [str(deployed.assembly / f"{stack}.template.json") for stack in STACKS]

    linted = subprocess.run(
        [
            str(Path(sys.executable).with_name("cfn-lint")),
            "--ignore-checks",
            REDUNDANT_DEPENDENCY,
            "--",
            *templates,
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert linted.returncode == 0, linted.stdout + linted.stderr
