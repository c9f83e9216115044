"""publish as it is deployed, on emulated services: its API route and the workflow's task."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.contract.settings import PublishSettings
from promptops.domain.canonical import sha256
from promptops.domain.errors import DigestMismatch, MalformedRequest, Throttled, UnknownVersion
from promptops.stages.upload_dataset import pack
from tests.adapters.ledger_tables import Tables

REGION = "us-east-1"
SETTINGS = PublishSettings(registry_table="registry", artifact_bucket="artifacts", evaluation_bucket="cases")
MODULES = ("lambdas.publish.line", "lambdas.publish.handler")
ALICE = "arn:aws:iam::123456789012:user/alice"
CASE = '{"id": "one", "vars": {"ticket": "db down"}, "assert": [{"type": "is-json"}]}\n'
SOURCE: dict[str, Any] = {
    "schema": 1,
    "prompt_id": "new-prompt",
    "owner": "ml-platform",
    "risk": "low",
    "rationale": "first",
    "messages": [{"role": "user", "content": "{{ticket}}"}],
    "model": {"id": "a-model", "provider": "bedrock"},
    "variables": {"ticket": {"type": "string"}},
}
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        Tables(REGION)
        for bucket in (SETTINGS.artifact_bucket, SETTINGS.evaluation_bucket):
            s3().create_bucket(Bucket=bucket)
            s3().put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        for name, value in SETTINGS.to_env().items():
            monkeypatch.setenv(name, value)
        for module in MODULES:
            sys.modules.pop(module, None)
        yield importlib.import_module("lambdas.publish.handler").handler
        for module in MODULES:
            sys.modules.pop(module, None)


def s3() -> Any:
    return boto3.client("s3", region_name=REGION)


def a_body(**changes: object) -> dict[str, object]:
    return {"source": SOURCE, "dataset": CASE, "authors": ["alice@example.com"], "commit": "ab12", **changes}


def a_call(body: object, *, signed: bool = True, path: str = "/v1/publish") -> dict[str, Any]:
    iam = {"iam": {"userArn": ALICE}}
    return {
        "routeKey": f"POST {path}",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
        "requestContext": {"http": {"method": "POST"}, **({"authorizer": iam} if signed else {})},
    }


def answered(handler: Handler, event: dict[str, Any]) -> tuple[int, Any]:
    response = handler(event, None)
    return response["statusCode"], json.loads(response["body"])


def rows() -> list[dict[str, Any]]:
    found = boto3.client("dynamodb", region_name=REGION).scan(TableName=SETTINGS.registry_table)["Items"]
    return [json.loads(row["document"]["S"]) for row in found if row["prompt_id"]["S"] == SOURCE["prompt_id"]
            and "document" in row]  # fmt: skip


def test_a_version_is_published_once_with_its_bytes_its_cases_and_who_signed(handler: Handler):
    status, document = answered(handler, a_call(a_body(actor="ceo", published_by="ceo")))
    again = answered(handler, a_call(a_body()))

    assert (status, document["outcome"], document["version"], document["cases"]) == (
        200,
        "published",
        "v1",
        1,
    )
    assert document["warnings"] == ["W_EVAL_TOO_FEW: 1 of 5 cases. Without them no version can be released."]
    assert (again[0], again[1]["outcome"], again[1]["version"]) == (200, "unchanged", "v1")
    stored = s3().get_object(Bucket=SETTINGS.artifact_bucket, Key="prompts/new-prompt/v1.json")
    assert json.loads(stored["Body"].read())["messages"] == SOURCE["messages"]
    assert [row["published_by"] for row in rows()] == [{"kind": "iam", "identity": ALICE}]
    cases = s3().get_object(Bucket=SETTINGS.evaluation_bucket, Key=rows()[0]["dataset"]["key"])
    assert cases["Body"].read() == CASE.encode()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([], 400, "E_BODY"),
        ({"dataset": CASE}, 400, "E_BODY"),
        (a_body(source=["a"]), 400, "E_METADATA_TYPE"),
        (a_body(source={**SOURCE, "prompt_id": "../prod/x"}), 400, "E_ID"),
        (a_body(source={**SOURCE, "prompt_id": 7}), 400, "E_METADATA_TYPE"),
        (a_body(source={**SOURCE, "schema": 2}), 400, "E_METADATA"),
        (a_body(source={**SOURCE, "messages": [{"role": "user", "content": "\ud83d"}]}), 400, "E_ENCODING"),
        (
            a_body(source={**SOURCE, "messages": [{"role": "user", "content": "x" * 70_000}]}),
            413,
            "E_TOO_LARGE",
        ),
        (a_body(dataset=[CASE]), 400, "E_METADATA_TYPE"),
        (a_body(dataset="{"), 400, "E_DATASET"),
        (a_body(dataset="\udc00"), 400, "E_ENCODING"),
        (a_body(authors="alice@example.com"), 400, "E_METADATA"),
        (a_body(authors=[7]), 400, "E_METADATA"),
        (a_body(authors=["alice@example.com\nbob"]), 400, "E_METADATA"),
        (a_body(authors=["a@b.c"] * 51), 400, "E_METADATA"),
        (a_body(commit=7), 400, "E_METADATA"),
        (a_body(version="2"), 400, "E_VERSION"),
        (a_body(version=2), 400, "E_VERSION"),
        (a_body(source={**SOURCE, "label": "2.2"}), 400, "E_LABEL"),
        (a_body(commit="\u202e"), 400, "E_METADATA"),
    ],
)
def test_bad_calls_get_their_error_and_change_nothing(handler: Handler, body: object, status: int, code: str):
    answer = answered(handler, a_call(body))

    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert rows() == []
    for bucket in (SETTINGS.artifact_bucket, SETTINGS.evaluation_bucket):
        assert s3().list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_version_and_a_label_stay_what_they_are(handler: Handler):
    labelled = {**SOURCE, "label": "2.2.0"}
    first = answered(handler, a_call(a_body(source=labelled, version="v1")))
    again = answered(handler, a_call(a_body(source=labelled, version="v1")))
    other = answered(handler, a_call(a_body(source={**labelled, "rationale": "again"}, version="v1")))
    second = answered(handler, a_call(a_body(source={**labelled, "rationale": "again"})))

    assert [found[1].get("outcome") for found in (first, again)] == ["published", "unchanged"]
    assert (first[1]["version"], first[1]["label"]) == ("v1", "2.2.0")
    assert (
        (other[0], other[1]["error"]["code"])
        == (second[0], second[1]["error"]["code"])
        == (403, "E_IMMUTABLE")
    )
    assert "Publish as v2." in other[1]["error"]["message"]
    assert "label 2.2.0 is v1" in second[1]["error"]["message"]


def archived(version: int) -> Any:
    key = f"archive/registry/new-prompt/versions/v{version}.json"
    return json.loads(s3().get_object(Bucket=SETTINGS.artifact_bucket, Key=key)["Body"].read())


def test_a_version_is_archived_with_it(handler: Handler):
    answered(handler, a_call(a_body()))

    assert archived(1) == {"schema": 1, "version": rows()[0]}


def test_the_schedule_archives_what_publishing_left(handler: Handler, monkeypatch: pytest.MonkeyPatch):
    from lambdas.publish import line

    def down(key: str, document: object) -> None:
        raise Throttled("slow down")

    with monkeypatch.context() as patched:
        patched.setattr(line.archive, "keep", down)
        answered(handler, a_call(a_body()))
        with pytest.raises(Throttled):
            handler({"task": "archive"}, None)

    assert handler({"task": "archive"}, None)["copied"] == 7
    assert archived(1) == {"schema": 1, "version": rows()[0]}
    assert handler({"task": "archive"}, None) == {"checked": 3, "copied": 0, "errors": []}


def test_an_unsigned_call_publishes_nothing(handler: Handler):
    status, document = answered(handler, a_call(a_body(), signed=False))

    assert (status, document["error"]["code"], rows()) == (401, "E_SIGN_IN", [])


def test_sensitive_cases_are_uploaded_once_and_published_by_their_digest(handler: Handler):
    upload = a_call({"cases": pack(CASE)}, path="/v1/datasets")
    status, document = answered(handler, upload)
    again = answered(handler, upload)
    named = {**SOURCE, "dataset": {**document, "sensitive": True}}
    published = answered(handler, a_call(a_body(source=named, dataset="")))

    digest = sha256(CASE.encode())
    assert (status, document) == again == (200, {"sha256": digest, "cases": 1})
    assert (published[0], published[1]["cases"]) == (200, 1)
    key = f"datasets/{digest}.jsonl"
    assert rows()[0]["dataset"] == {"key": key, "sha256": digest, "cases": 1, "sensitive": True}
    stored = s3().get_object(Bucket=SETTINGS.evaluation_bucket, Key=key)
    assert stored["Body"].read() == CASE.encode()


@pytest.mark.parametrize(
    ("body", "signed", "status", "code"),
    [
        ({}, True, 400, "E_BODY"),
        ({"cases": CASE}, True, 400, "E_DATASET"),
        ({"cases": pack("\n")}, True, 422, "E_EVAL_EMPTY"),
        ({"cases": pack(CASE)}, False, 401, "E_SIGN_IN"),
    ],
)
def test_a_bad_upload_stores_nothing(
    handler: Handler, body: dict[str, object], signed: bool, status: int, code: str
):
    answer = answered(handler, a_call(body, signed=signed, path="/v1/datasets"))

    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert s3().list_objects_v2(Bucket=SETTINGS.evaluation_bucket)["KeyCount"] == 0


def test_the_workflow_has_a_published_version_validated(handler: Handler):
    answered(handler, a_call(a_body()))
    task = {"task": "validate", "prompt_id": "new-prompt", "version": 1}

    assert handler(task, None) == {"valid": True}
    with pytest.raises(UnknownVersion, match="new-prompt has v1"):
        handler({**task, "version": 2}, None)


def test_a_version_whose_bytes_are_others_is_not_valid(handler: Handler):
    answered(handler, a_call(a_body()))
    table = boto3.client("dynamodb", region_name=REGION)
    key = {"prompt_id": {"S": "new-prompt"}, "version": {"S": "v000001"}}
    [row] = rows()
    table.update_item(
        TableName=SETTINGS.registry_table,
        Key=key,
        UpdateExpression="SET document = :d",
        ExpressionAttributeValues={":d": {"S": json.dumps({**row, "sha256": "0" * 64})}},
    )

    with pytest.raises(DigestMismatch):
        handler({"task": "validate", "prompt_id": "new-prompt", "version": 1}, None)


def test_tasks_it_does_not_know_are_refused(handler: Handler):
    with pytest.raises(MalformedRequest, match="Known: validate, archive"):
        handler({"task": "publish", "source": SOURCE}, None)
