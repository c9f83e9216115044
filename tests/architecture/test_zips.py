"""Each function starts from its zip alone, with only what the Lambda runtime has beside it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

from tests.synth.deployed import Deployed

NAMES = (
    "publish",
    "evaluate",
    "approve",
    "resolve",
    "observe",
    "promote-dev",
    "promote-staging",
    "promote-prod",
)
#: What the runtime (boto3) and the layer (Powertools) bring.
RUNTIME = ("boto3", "aws-lambda-powertools", "aws-xray-sdk")
#: Loaded when resolve starts: nothing that costs time and is not needed to answer. Powertools itself imports
#: its thin tracing module; what is slow is the X-Ray SDK behind it.
BANNED_FROM_RESOLVE = re.compile(
    r"pydantic|aws_xray_sdk|aws_lambda_powertools\.(event_handler|utilities\.(parser|idempotency))|jinja2|yaml"
    r"|requests|httpx|boto3\.dynamodb|promptops\.(cli|stages\.(?!resolve$)|aws\.(bedrock|dynamodb|stepfunctions))|aws_cdk"
)
MAX_RESOLVE_MODULES = 500
MAX_ZIP_BYTES = 400_000

LAMBDA_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}

START = """
import json, socket, sys
sys.path[:] = [path for path in sys.path if "site-packages" not in path] + sys.argv[2:]
def refuse(*_): raise AssertionError("a function called the network while it started")
socket.socket.connect = socket.socket.connect_ex = refuse
module = __import__(sys.argv[1], fromlist=["handler"])
print(json.dumps({"callable": callable(module.handler), "modules": sorted(sys.modules)}))
"""


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with boto3, Powertools and what they need, and no other package."""
    folder = tmp_path_factory.mktemp("runtime")
    for package in _closure(RUNTIME):
        for top in {
            file.parts[0] for file in package.files or () if not file.parts[0].startswith((".", "_"))
        }:
            target, link = Path(str(package.locate_file(top))), folder / top
            if target.exists() and not link.exists():
                link.symlink_to(target)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_each_zip_starts_on_its_own_without_the_network(
    name: str, zips: dict[str, Path], runtime: Path, cloud: Deployed
):
    started = start(name, zips, runtime, cloud)

    assert started["callable"]


def test_resolve_loads_nothing_it_does_not_need(zips: dict[str, Path], runtime: Path, cloud: Deployed):
    modules = start("resolve", zips, runtime, cloud)["modules"]

    assert [module for module in modules if BANNED_FROM_RESOLVE.match(module)] == []
    assert len(modules) <= MAX_RESOLVE_MODULES


@pytest.mark.parametrize("name", NAMES)
def test_a_zip_holds_python_only_and_only_its_own_function(name: str, zips: dict[str, Path]):
    files = [path.relative_to(zips[name]) for path in zips[name].rglob("*") if path.is_file()]
    verb = name.split("-")[0]

    assert {path.suffix for path in files} == {".py"}
    assert {path.parts[1] for path in files if path.parts[0] == "lambdas"} == {"__init__.py", verb}
    assert {path.parts[0] for path in files} == {"lambdas", "promptops"}
    assert sum((zips[name] / path).stat().st_size for path in files) <= MAX_ZIP_BYTES


@pytest.mark.parametrize("name", NAMES)
def test_no_zip_carries_the_command_line_or_the_client(name: str, zips: dict[str, Path]):
    assert not (zips[name] / "promptops" / "cli").exists()
    assert not (zips[name] / "promptops" / "client").exists()


def test_resolve_and_observe_carry_no_code_that_evaluates_or_writes(zips: dict[str, Path]):
    for name in ("resolve", "observe"):
        stages = {path.stem for path in (zips[name] / "promptops" / "stages").glob("*.py")}
        assert stages == {"__init__", name}
        assert not list((zips[name] / "promptops" / "aws").glob("dynamodb*"))
        assert not list((zips[name] / "promptops" / "aws").glob("bedrock*"))


def start(name: str, zips: dict[str, Path], runtime: Path, cloud: Deployed) -> dict:
    function = cloud.function(name).properties
    module = function["Handler"].rsplit(".", 1)[0]
    settings = {key: str(value) for key, value in function["Environment"]["Variables"].items()}
    process = subprocess.run(
        [sys.executable, "-I", "-B", "-c", START, module, str(zips[name]), str(runtime)],
        env={**LAMBDA_ENVIRONMENT, **settings},
        capture_output=True,
        text=True,
        check=False,
        cwd=zips[name],
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def _closure(names: tuple[str, ...]) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        if package.name not in found:
            found[package.name] = package
            required = [need for need in package.requires or () if "extra ==" not in need]
            waiting += [re.split(r"[\s;<>=!~(\[]", need)[0] for need in required]
    return list(found.values())
