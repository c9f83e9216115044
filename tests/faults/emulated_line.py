"""promote-dev as it is deployed, and applications beside it, on emulated services that faults can strike."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from promptops.aws.dynamodb_ledger import DynamoDbLedgers
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_reader import S3ArtifactReader
from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.s3_reports import S3Reports
from promptops.aws.ssm_pointers import SsmPointers
from promptops.contract.names import pointer_parameter
from promptops.contract.settings import PromoteSettings
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import PromptOpsError, Unavailable
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.resolved import Resolved
from promptops.domain.version import Dataset, VersionRecord
from promptops.stages.resolve import COOLDOWN_SECONDS, Resolver
from tests.adapters.ledger_tables import ENVIRONMENTS, NOW, Tables
from tests.faults.injector import Injector
from tests.unit.evidence import a_report

REGION = "us-east-1"
BUCKET = "artifacts"
PREFIX = "prompt-ops"
ALICE = "arn:aws:iam::123456789012:user/alice"
CAROL = "arn:aws:iam::123456789012:user/carol"
MODULES = ("lambdas.promote.line", "lambdas.promote.handler")
#: What an application's clients take for AWS's answers: one try, so that a fault of theirs is one request.
ONE_TRY = Config(retries={"mode": "standard", "total_max_attempts": 1})


@dataclass(frozen=True)
class Said:
    """How a release ended for who asked for it; `code` is empty when it is committed."""

    code: str = ""
    revision: int = 0
    version: int = 0
    projected: bool = False
    problem: str = ""
    what: str = ""


@dataclass
class Application:
    """A process that keeps a client; it asks AWS at every use, `served` is all it got."""

    resolver: Resolver
    prompt_id: str
    clock: Callable[[], None]
    served: list[Resolved] = field(default_factory=list)

    def use(self) -> Resolved:
        self.clock()
        self.served.append(self.resolver.resolve(self.prompt_id))
        return self.served[-1]


class Line:
    """The line of dev; `promote_faults` strike what promote-dev calls, `app_faults` those of applications."""

    def __init__(self, handler: Callable[..., dict[str, Any]], promote: Injector) -> None:
        self.promote_faults, self.app_faults = promote, Injector()
        self._handler = handler
        self._dynamodb, self._s3, self.ssm = (boto3.client(name) for name in ("dynamodb", "s3", "ssm"))
        self.registry = DynamoDbRegistry("registry", self._dynamodb)
        self.ledger = DynamoDbLedgers(ENVIRONMENTS, self._dynamodb, "registry")["dev"]
        self._app_ssm = self.app_faults.client("ssm", config=ONE_TRY)
        self._app_s3 = self.app_faults.client("s3", config=ONE_TRY)

    def publish(self, prompt_id: str, version: int, *, evaluated: bool = True) -> VersionRecord:
        """A version with bytes and, if evaluated, passing evidence."""
        ref = PromptRef(prompt_id, version)
        content = a_version(prompt_id, version).to_bytes()
        record = VersionRecord(
            ref=ref,
            sha256=a_version(prompt_id, version).digest(),
            size_bytes=len(content),
            object_version=str(S3Artifacts(BUCKET, self._s3).create(ref, content)),
            source_sha256=f"{version:064d}",
            model="some-model",
            dataset=Dataset("datasets/c.jsonl", "c" * 64, 5),
            policy=Policy("low", Thresholds()),
            owner="team",
            description="",
            rationale="",
            tags=(),
            published_by=Actor("iam", ALICE),
            authors=(),
            commit="",
            published_at=NOW,
        )
        assert self.registry.commit(record, after=self.registry.family(prompt_id))
        if evaluated:
            self._evaluate(record)
        return record

    def request(self, prompt_id: str, version: int, *, path: str = "promote") -> Said | str:
        """The id of a request for this version, or how asking for it ended."""
        body = {"prompt_id": prompt_id, "version": f"v{version}", "reason": "better answers"}
        status, answer = self._call(path, body, ALICE)
        return str(answer["request_id"]) if status == 202 else _refused(answer["error"])

    def begin(self, request_id: str) -> str:
        return str(self._handler({"task": "begin", "request_id": request_id}, None)["evidence"])

    def promote(self, request_id: str) -> Said:
        """The workflow's task, as often as it is asked for."""
        try:
            return _done(self._handler({"task": "promote", "request_id": request_id}, None))
        except PromptOpsError as error:
            return _refused(error.to_dict())

    def release(self, prompt_id: str, version: int) -> Said:
        """A version published, evaluated, asked for and promoted."""
        self.publish(prompt_id, version)
        return self.promote(self.requested(prompt_id, version))

    def requested(self, prompt_id: str, version: int) -> str:
        """A request that has begun with valid evidence."""
        request_id = self.request(prompt_id, version)
        assert isinstance(request_id, str), request_id
        assert self.begin(request_id) == "valid"
        return request_id

    def roll_back(self, prompt_id: str, *, to: str = "", op_id: str = "") -> Said:
        body = {"prompt_id": prompt_id, "reason": "it is worse", "to_version": to, "op_id": op_id}
        status, answer = self._call("rollback", body, CAROL)
        if status >= 300:
            return _refused(answer["error"])
        assert (status == 200) is answer["projected"]
        return _done(answer)

    def reconcile(self) -> dict[str, Any]:
        """What the schedule sends; raises if a prompt was left as it was."""
        return self._handler({"task": "reconcile"}, None)

    def troubled_pass(self) -> bool:
        """Whether a pass of the schedule says, in its answer or by failing, that something was left."""
        try:
            return bool(self.reconcile()["errors"])
        except Unavailable:
            return True

    def application(self, prompt_id: str) -> Application:
        """An application that has not asked for anything yet."""
        now = [0.0]

        def later() -> None:
            now[0] += 2 * COOLDOWN_SECONDS

        resolver = Resolver(
            "dev",
            pointers=SsmPointers(PREFIX, "dev", self._app_ssm),
            artifacts=S3ArtifactReader(BUCKET, self._app_s3),
            records=S3ReleaseRecords(BUCKET, "dev", self._app_s3),
            ttl_seconds=COOLDOWN_SECONDS,
            clock=lambda: now[0],
        )
        return Application(resolver, prompt_id, later)

    def head(self, prompt_id: str) -> Head:
        return self.ledger.head(prompt_id)

    def releases(self, prompt_id: str) -> list[Release]:
        """Oldest first."""
        return list(reversed(self.ledger.releases(prompt_id)))

    def pointer(self, prompt_id: str) -> str | None:
        return SsmPointers(PREFIX, "dev", self.ssm).read(prompt_id)

    def set_pointer(self, prompt_id: str, value: str) -> None:
        SsmPointers(PREFIX, "dev", self.ssm).write(prompt_id, value)

    def delete_pointer(self, prompt_id: str) -> None:
        self.ssm.delete_parameter(Name=pointer_parameter(PREFIX, "dev", prompt_id))

    def pointer_values(self, prompt_id: str) -> list[str]:
        """Everything the pointer ever held since it was last made, oldest first."""
        name = pointer_parameter(PREFIX, "dev", prompt_id)
        pages = self.ssm.get_paginator("get_parameter_history").paginate(Name=name)
        return [entry["Value"] for page in pages for entry in page["Parameters"]]

    def rows(self, prompt_id: str) -> list[str]:
        """Every row of the ledger that is about this prompt."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=ENVIRONMENTS["dev"])
        rows = (json.dumps(item, sort_keys=True) for page in pages for item in page["Items"])
        return sorted(row for row in rows if f'"{prompt_id}' in row or f"#{prompt_id}" in row)

    def forget(self) -> None:
        """Empty tables; an emulated transaction takes the longer the more rows there are."""
        for table, names in (("registry", ("prompt_id", "version")), (ENVIRONMENTS["dev"], ("pk", "sk"))):
            for page in self._dynamodb.get_paginator("scan").paginate(TableName=table):
                for item in page["Items"]:
                    key = {name: item[name] for name in names}
                    self._dynamodb.delete_item(TableName=table, Key=key)

    def _evaluate(self, record: VersionRecord) -> None:
        head = self.head(record.ref.prompt_id)
        live = self.registry.version(PromptRef(head.prompt_id, head.version)) if head.version else None
        report = a_report(record, live, evaluation_id=f"{record.ref.version:032x}", at=NOW)
        self.registry.link_evidence(record.ref, S3Reports(BUCKET, self._s3).store(report))

    def _call(self, verb: str, body: object, user: str) -> tuple[int, Any]:
        event = {
            "routeKey": f"POST /v1/dev/{verb}",
            "headers": {"Content-Type": "application/json"},
            "body": json.dumps(body),
            "requestContext": {"http": {"method": "POST"}, "authorizer": {"iam": {"userArn": user}}},
        }
        response = self._handler(event, None)
        return response["statusCode"], json.loads(response["body"])


@contextmanager
def deployed() -> Iterator[Line]:
    """The line on emulated services. Waiting between attempts takes no time."""
    promote = Injector()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        Tables(REGION)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for name, value in _settings().to_env().items():
            patch.setenv(name, value)
        patch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
        for module in MODULES:
            sys.modules.pop(module, None)
        with patch.context() as making:
            making.setattr(boto3, "client", _watched(promote, boto3.client))
            handler = importlib.import_module("lambdas.promote.handler").handler
        ledgers = importlib.import_module("lambdas.promote.line").ledgers
        for environment in ENVIRONMENTS:
            patch.setattr(ledgers[environment], "_sleep", lambda _: None)
        yield Line(handler, promote)
        for module in MODULES:
            sys.modules.pop(module, None)


def a_version(prompt_id: str, version: int) -> Artifact:
    """The artifact that is published as this version."""
    return Artifact(prompt_id, (Message("user", f"text of v{version}"),), {"id": "some-model"})


def _watched(injector: Injector, make: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: injector.watch(make(*args, **kwargs))


def _settings() -> PromoteSettings:
    machine = boto3.client("stepfunctions").create_state_machine(
        name="prompt-ops-release",
        definition='{"StartAt": "Wait", "States": {"Wait": {"Type": "Pass", "End": true}}}',
        roleArn="arn:aws:iam::123456789012:role/workflow",
    )
    return PromoteSettings(
        prefix=PREFIX,
        environment="dev",
        registry_table="registry",
        ledger_tables=json.dumps(ENVIRONMENTS),
        artifact_bucket=BUCKET,
        state_machine_arn=machine["stateMachineArn"],
        approval_required="false",
        accepted_model_kinds="bedrock,standin",
        request_hours="24",
        alarm_topic_arn="arn:aws:sns:us-east-1:123456789012:on-call",
    )


def _done(answer: dict[str, Any]) -> Said:
    problem = answer["problem"] or {}
    return Said(
        "",
        answer["revision"],
        answer["version"],
        answer["projected"],
        problem.get("code", ""),
        problem.get("what", ""),
    )


def _refused(error: dict[str, Any]) -> Said:
    return Said(error["code"], what=error["what"])
