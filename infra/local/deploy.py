"""The product's own CDK app, deployed to an instance by the real `cdk deploy`."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import ClientError

from infra.local.authors import commit_authors
from infra.local.checkout import CDK, ROOT
from infra.local.children import end_child, start_child
from infra.local.clients import root_client
from infra.local.environment import as_root
from infra.local.errors import LocalError, last_lines
from infra.local.instance import ACCOUNT, REGION, Instance, shown
from infra.local.progress import step

_TIMEOUT_SECONDS = 600
_QUIET = {
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CI": "true",
    "NO_COLOR": "1",
}


def deploy(instance: Instance, app: Path = ROOT / "app.py") -> Instance:
    """Bootstrap if need be, deploy all stacks; returns the instance with their outputs. Raises LocalError."""
    if not _is_bootstrapped(instance):
        with step("Bootstrapping the CDK"):
            _cdk(instance, "bootstrap", [f"aws://{ACCOUNT}/{REGION}"], folder=instance.folder)
    outputs = instance.folder / "outputs.json"
    with step("Deploying the stacks"):
        _cdk(
            instance,
            "deploy",
            [
                "--all",
                "--require-approval",
                "never",
                "--progress",
                "events",
                "--app",
                shlex.join([sys.executable, str(app)]),
                "--output",
                str(cloud_assembly(instance)),
                "-c",
                "target=local",
                "-c",
                f"localPort={instance.port}",
                "-c",
                f"localAuthors={','.join(commit_authors())}",
                "--outputs-file",
                str(outputs),
            ],
            folder=app.parent,
        )
    deployed = replace(instance, outputs=_outputs(outputs))
    deployed.save()
    return deployed


def cloud_assembly(instance: Instance) -> Path:
    """Where the synthesised templates of the instance lie."""
    return instance.folder / "cdk.out"


def _outputs(file: Path) -> dict[str, str]:
    """Of all stacks, without the exports that one stack makes for the other."""
    stacks: dict[str, dict[str, str]] = json.loads(file.read_text())
    named = (item for stack in stacks.values() for item in stack.items())
    return {name: value for name, value in named if not name.startswith("ExportsOutput")}


def _is_bootstrapped(instance: Instance) -> bool:
    try:
        root_client(instance, "cloudformation").describe_stacks(StackName="CDKToolkit")
    except ClientError:
        return False
    return True


def _cdk(instance: Instance, command: str, arguments: list[str], *, folder: Path) -> None:
    log = instance.logs / f"{command}.log"
    log.unlink(missing_ok=True)
    environment = {**as_root(instance), **_QUIET}
    process = start_child(
        [str(CDK), command, "--no-notices", *arguments], log=log, environment=environment, folder=folder
    )
    try:
        failed = process.wait(_TIMEOUT_SECONDS) != 0
    except subprocess.TimeoutExpired:
        failed = True
    finally:
        end_child(process)
    if failed:
        raise LocalError(
            "E_DEPLOY", f"cdk {command} failed", f"Read {shown(log)}, which ends with:\n{last_lines(log)}"
        )
