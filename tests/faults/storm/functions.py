"""The real functions in this process: their modules, their roles' credentials, and faults on every call.

Made once, before the workers are forked: a worker that was killed is back at once. No connection may be open
by then, so nothing here calls AWS through the clients it makes.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace

import boto3
import botocore.endpoint

from infra.local.instance import REGION
from promptops.aws.clock import SystemClock
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_reader import S3ArtifactReader
from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.s3_reports import S3Reports
from promptops.aws.ssm_pointers import SsmPointers
from promptops.contract.names import DEFAULT_PREFIX, function_name
from promptops.stages.resolve import Resolver
from tests.e2e.conftest import LocalAws
from tests.faults.injector import Injector
from tests.faults.storm.plan import ENVIRONMENTS

TTL_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.2


@dataclass(frozen=True)
class Functions:
    """publish and promote as they are deployed, and an application's resolvers, by environment.

    `injector` strikes all of them.
    """

    injector: Injector
    promote: dict[str, ModuleType]
    publish: ModuleType
    evidence: tuple[DynamoDbRegistry, S3Reports]
    resolvers: dict[str, Resolver]


def functions(aws: LocalAws) -> Functions:
    """All of them, joined to the local AWS."""
    injector = Injector()
    os.environ.update(
        AWS_ENDPOINT_URL=aws.instance.endpoint,
        AWS_CA_BUNDLE=str(aws.instance.certificate),
        AWS_DEFAULT_REGION=REGION,
        AWS_EC2_METADATA_DISABLED="true",
    )
    os.environ.pop("AWS_PROFILE", None)
    _hurry()
    make = boto3.client
    boto3.client = lambda *args, **kwargs: injector.watch(make(*args, **kwargs))  # type: ignore[assignment]
    promote = {name: _line(aws, "promote", name) for name in ENVIRONMENTS}
    publish = _line(aws, "publish")
    _become(aws, function_name(DEFAULT_PREFIX, "evaluate"))
    bucket = aws.instance.outputs["ArtifactBucket"]
    registry = DynamoDbRegistry(publish.SETTINGS.registry_table, boto3.client("dynamodb"))
    evidence = (registry, S3Reports(bucket, boto3.client("s3")))
    boto3.setup_default_session(**_keys(aws.session("dave")))
    ssm, s3 = boto3.client("ssm"), boto3.client("s3")
    resolvers = {
        name: Resolver(
            name,
            pointers=SsmPointers(DEFAULT_PREFIX, name, ssm),
            artifacts=S3ArtifactReader(bucket, s3),
            records=S3ReleaseRecords(bucket, name, s3),
            ttl_seconds=TTL_SECONDS,
        )
        for name in ENVIRONMENTS
    }
    boto3.client = make
    return Functions(injector, promote, publish, evidence, resolvers)


def _line(aws: LocalAws, verb: str, environment: str = "") -> ModuleType:
    """The function's own composition, made anew with its settings and role."""
    settings = _become(aws, function_name(DEFAULT_PREFIX, verb, environment))
    os.environ.update({name: value for name, value in settings.items() if name.startswith("PROMPTOPS_")})
    module = f"lambdas.{verb}.line"
    sys.modules.pop(module, None)
    return importlib.import_module(module)


def _become(aws: LocalAws, function: str) -> dict[str, str]:
    """From here on this process has the function's role; returns its environment."""
    deployed = aws.client("lambda").get_function_configuration(FunctionName=function)
    boto3.setup_default_session(**_keys(aws.session_of_role(deployed["Role"], name="storm")))
    return dict(deployed["Environment"]["Variables"])


def _keys(session: boto3.Session) -> dict[str, str | None]:
    credentials = session.get_credentials()
    assert credentials
    return {
        "aws_access_key_id": credentials.access_key,
        "aws_secret_access_key": credentials.secret_key,
        "aws_session_token": credentials.token,
        "region_name": REGION,
    }


def shift_clock(minutes: float) -> None:
    """From here on this process writes moments that are off by so much."""
    later = SystemClock.later
    SystemClock.now = lambda clock: later(clock, minutes / 60)  # type: ignore[method-assign]


def _hurry() -> None:
    """botocore's waits between attempts, cut short: more happens in the time there is."""
    hurried = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, LONGEST_PAUSE_SECONDS)))
    botocore.endpoint.time = hurried  # type: ignore[attr-defined]
