"""evaluate as it is deployed, on emulated services: plan, chunk and report from events to linked evidence."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from promptops.aws import bedrock_model
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_evaluation import S3Datasets
from promptops.aws.s3_reports import S3Reports
from promptops.contract.settings import EvaluateSettings
from promptops.domain.artifact import Artifact, Message
from promptops.domain.canonical import sha256
from promptops.domain.errors import MalformedRequest, ModelUnavailable
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.variables import Variable
from promptops.domain.version import Dataset, VersionRecord

MODULE = "lambdas.evaluate.handler"
REF = PromptRef("support-ticket", 1)
SUBJECT = {"prompt_id": REF.prompt_id, "version": REF.version}
SETTINGS = EvaluateSettings("registry", "artifacts", "evaluation", "bedrock", "1")
KEYS = (("prompt_id", "HASH"), ("version", "RANGE"))
CASES = "\n".join(
    json.dumps({"id": name, "vars": {"ticket": name}, "assert": [{"type": "contains", "value": name}]})
    for name in ("one", "two")
).encode()
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3 = boto3.client("s3")
        for bucket in (SETTINGS.artifact_bucket, SETTINGS.evaluation_bucket):
            s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
        boto3.client("dynamodb").create_table(
            TableName=SETTINGS.registry_table,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in KEYS],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],  # type: ignore[typeddict-item]
            BillingMode="PAY_PER_REQUEST",
        )
        publish()
        yield


def publish() -> None:
    s3 = boto3.client("s3")
    artifact = Artifact(
        REF.prompt_id,
        (Message("user", "{{ticket}}"),),
        {"id": "some-model", "provider": "bedrock"},
        {"ticket": Variable()},
    )
    content = artifact.to_bytes()
    object_version = S3Artifacts(SETTINGS.artifact_bucket, s3).create(REF, content)
    record = VersionRecord(
        ref=REF,
        sha256=sha256(content),
        size_bytes=len(content),
        object_version=str(object_version),
        source_sha256="s",
        model="some-model",
        dataset=Dataset(S3Datasets(SETTINGS.evaluation_bucket, s3).store(CASES), sha256(CASES), 2),
        policy=Policy("low", Thresholds(0.5, 2)),
        owner="ml-platform",
        description="",
        rationale="r",
        tags=(),
        published_by=Actor("iam", "arn:aws:iam::111122223333:user/alice"),
        authors=("alice@example.com",),
        commit="",
        published_at="2026-03-01T10:00:00.000000Z",
    )
    assert registry().commit(record, after=None)


def registry() -> DynamoDbRegistry:
    return DynamoDbRegistry(SETTINGS.registry_table, boto3.client("dynamodb"))


@pytest.fixture
def bedrock(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = bedrock_model.bedrock_client(1)
    monkeypatch.setattr(bedrock_model, "bedrock_client", lambda connections: client)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def handler(bedrock: Stubber, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    sys.modules.pop(MODULE, None)
    yield importlib.import_module(MODULE).handler
    sys.modules.pop(MODULE, None)


def says(bedrock: Stubber, text: str, *, asked: str, stop: str = "end_turn") -> None:
    bedrock.add_response(
        "converse",
        {
            "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
            "stopReason": stop,
            "usage": {"inputTokens": 2, "outputTokens": 3, "totalTokens": 5},
            "metrics": {"latencyMs": 7},
        },
        {"modelId": "some-model", "messages": [{"role": "user", "content": [{"text": asked}]}]},
    )


def test_an_evaluation_ends_in_evidence_linked_to_the_version(handler: Handler, bedrock: Stubber):
    says(bedrock, "one", asked="one")
    says(bedrock, "other", asked="two")

    plan = handler({"task": "plan", **SUBJECT}, None)
    shared = {**SUBJECT, "evaluation_id": plan["evaluation_id"], "dataset_sha256": plan["dataset_sha256"]}
    done = [handler({"task": "chunk", "chunk": chunk, **shared}, None) for chunk in plan["chunks"]]
    reported = handler(
        {"task": "report", "chunks": plan["chunk_count"], "started_at": plan["started_at"], **shared}, None
    )

    assert [(chunk["cases"], chunk["passed"]) for chunk in done] == [(1, 1), (1, 0)]
    assert (reported["verdict"], reported["score"]) == ("pass", 0.5)
    evidence = registry().version(REF).evidence
    assert evidence is not None
    report = S3Reports(SETTINGS.artifact_bucket, boto3.client("s3")).load(evidence)
    assert (evidence.key, evidence.sha256) == (reported["report_key"], reported["report_sha256"])
    assert (report.binding.model_kind, [case.input_tokens for case in report.cases]) == ("bedrock", [2, 2])


def test_a_model_without_an_answer_fails_the_task_under_its_own_name(handler: Handler, bedrock: Stubber):
    says(bedrock, "blocked", asked="one", stop="malformed_tool_use")

    with pytest.raises(ModelUnavailable, match="malformed_tool_use"):
        handler({"task": "chunk", **SUBJECT, "chunk": {"chunk": 0, "first": 0, "count": 1}}, None)
    assert registry().version(REF).evidence is None


@pytest.mark.parametrize(
    "event", [{}, {"task": "promote", **SUBJECT}, {"task": "plan"}, {"task": ["plan"], **SUBJECT}]
)
def test_an_unknown_task_or_a_missing_field_is_named(handler: Handler, event: dict[str, Any]):
    with pytest.raises(MalformedRequest):
        handler(event, None)
