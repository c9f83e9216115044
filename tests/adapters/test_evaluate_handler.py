"""evaluate as it is deployed, on emulated services: from the workflow's events to linked evidence."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.asking.patience import Patience
from promptops.asking.timer import SystemTimer
from promptops.aws import bedrock
from promptops.aws.bedrock_calls import Reply
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.dynamodb_runs import DynamoDbRuns
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_evaluation import S3Datasets
from promptops.aws.s3_reports import S3Reports
from promptops.contract.settings import EvaluateSettings
from promptops.domain.artifact import Artifact, Message
from promptops.domain.canonical import sha256
from promptops.domain.errors import EvaluationError, MalformedRequest, ModelUnavailable
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.variables import Variable
from promptops.domain.version import Dataset, VersionRecord

MODULES = ("lambdas.evaluate.line", "lambdas.evaluate.handler")
REF = PromptRef("support-ticket", 1)
RUN = "prod-" + "7" * 32
SUBJECT = {"prompt_id": REF.prompt_id, "version": REF.version, "evaluation_id": RUN}
SETTINGS = EvaluateSettings(
    registry_table="registry",
    artifact_bucket="artifacts",
    evaluation_bucket="evaluation",
    model_kind="bedrock",
    chunk_cases="1",
    concurrency="5",
    models="[]",
    endpoints="[]",
    max_usd_per_run="none",
    max_usd_per_day="none",
)
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


class Calls:
    """Bedrock's connections: answers in turn, and what was sent."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, str]] = []
        self.sent: list[tuple[str, Any]] = []

    def post(self, operation: str, model_id: str, document: Any) -> Reply:
        self.sent.append((model_id, document["messages"][0]["content"][0]["text"]))
        text, stop = self.answers.pop(0)
        answered = {
            "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
            "stopReason": stop,
            "usage": {"inputTokens": 2, "outputTokens": 3, "totalTokens": 5},
            "metrics": {"latencyMs": 7},
        }
        return Reply(answered, {})


@pytest.fixture
def calls(aws: None, monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    monkeypatch.setattr(bedrock, "BedrockCalls", lambda connections, session: calls)
    monkeypatch.setattr(SystemTimer, "sleep", lambda timer, seconds: None)
    return calls


@pytest.fixture
def handler(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    for module in MODULES:
        sys.modules.pop(module, None)
    yield importlib.import_module(MODULES[-1]).handler
    for module in MODULES:
        sys.modules.pop(module, None)


def planned(handler: Handler) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plan, and what it gives every task after it."""
    plan = handler({"task": "plan", **SUBJECT}, None)
    names = ("dataset_sha256", "run_id", "started_at", "sample_chunks", "chunks")
    return plan, {**SUBJECT, **{name: plan[name] for name in names}}


def test_an_evaluation_ends_in_evidence_linked_to_the_version(handler: Handler, calls: Calls):
    calls.answers += [("one", "end_turn"), ("other", "end_turn")]

    plan, shared = planned(handler)
    done = [handler({"task": "chunk", "chunk": chunk, **shared}, None) for chunk in plan["sample"]]
    decided = handler({"task": "decide", **shared}, None)
    reported = handler({"task": "report", **shared}, None)

    assert calls.sent == [("some-model", "one"), ("some-model", "two")]
    assert [(chunk["cases"], chunk["passed"]) for chunk in done] == [(1, 1), (1, 0)]
    assert decided == {"go_on": "report", "chunks": 2}
    assert (reported["verdict"], reported["score"]) == ("pass", 0.5)
    evidence = registry().version(REF).evidence
    assert evidence is not None
    report = S3Reports(SETTINGS.artifact_bucket, boto3.client("s3")).load(evidence)
    assert (evidence.key, evidence.sha256) == (reported["report_key"], reported["report_sha256"])
    assert (report.binding.model_kind, [case.input_tokens for case in report.cases]) == ("bedrock", [2, 2])
    status = DynamoDbRuns(SETTINGS.registry_table, boto3.client("dynamodb")).status(RUN)
    assert status is not None
    assert (status.cases, status.done, status.passed) == (2, 2, 1)


def test_a_model_without_an_answer_fails_the_task_under_its_own_name(handler: Handler, calls: Calls):
    plan, shared = planned(handler)
    calls.answers += [("", "end_turn")] * Patience.attempts

    with pytest.raises(ModelUnavailable, match="1 of 1 cases got no answer: some-model answered nothing"):
        handler({"task": "chunk", **shared, "chunk": plan["sample"][0]}, None)
    assert registry().version(REF).evidence is None


def test_an_answer_that_would_never_come_fails_the_report_under_its_own_name(handler: Handler, calls: Calls):
    plan, shared = planned(handler)
    calls.answers += [("blocked", "guardrail_intervened"), ("two", "end_turn")]
    for chunk in plan["sample"]:
        handler({"task": "chunk", **shared, "chunk": chunk}, None)

    with pytest.raises(EvaluationError, match=r"1 of 2 cases could not be measured: E_MODEL_REFUSED \(1\)"):
        handler({"task": "report", **shared}, None)
    assert registry().version(REF).evidence is None


def test_a_chunk_ends_before_the_functions_time_does(handler: Handler, calls: Calls):
    plan, shared = planned(handler)

    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 10_000

    with pytest.raises(ModelUnavailable, match="the time is over"):
        handler({"task": "chunk", **shared, "chunk": plan["sample"][0]}, Context())
    assert calls.sent == []


@pytest.mark.parametrize(
    "event", [{}, {"task": "promote", **SUBJECT}, {"task": "plan"}, {"task": ["plan"], **SUBJECT}]
)
def test_an_unknown_task_or_a_missing_field_is_named(handler: Handler, event: dict[str, Any]):
    with pytest.raises(MalformedRequest):
        handler(event, None)
