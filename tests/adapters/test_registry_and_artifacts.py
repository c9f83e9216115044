"""Registry and artifacts against AWS's own answers, in process."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.domain.artifact import Artifact, Message
from promptops.domain.canonical import sha256
from promptops.domain.errors import (
    AccessRefused,
    ArtifactMissing,
    DigestMismatch,
    Throttled,
    UnknownPrompt,
    UnknownVersion,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.report import Evidence
from promptops.domain.version import Dataset, Family, VersionRecord
from tests.adapters.registry_table import create_registry_table

BUCKET = "artifacts"
CONTENT = Artifact(
    "support-ticket", (Message("user", "text"),), {"id": "m", "provider": "bedrock"}
).to_bytes()
FIRST = Family("support-ticket", 1, "source 1", "ml-platform", "d", ("a", "b"))


def a_record(version: int = 1, **changes: object) -> VersionRecord:
    record = VersionRecord(
        ref=PromptRef("support-ticket", version),
        sha256=sha256(CONTENT),
        size_bytes=len(CONTENT),
        object_version="",
        source_sha256=f"source {version}",
        model="m",
        dataset=Dataset("datasets/a.jsonl", "a", 3),
        policy=Policy("low", Thresholds()),
        owner="ml-platform",
        description="d",
        rationale="r",
        tags=("a", "b"),
        published_by=Actor("iam", "arn:aws:iam::111122223333:user/alice"),
        authors=("alice@example.com",),
        commit="abc",
        published_at="2026-03-01T10:00:00.000000Z",
        parent=version - 1 or None,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def registry() -> DynamoDbRegistry:
    client = boto3.client("dynamodb", "us-east-1")
    create_registry_table(client)
    return DynamoDbRegistry("registry", client, sleep=lambda _: None)


@pytest.fixture
def artifacts() -> S3Artifacts:
    client = boto3.client("s3", "us-east-1")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return S3Artifacts(BUCKET, client)


def test_a_record_comes_back_as_it_was(registry):
    record = a_record()

    assert registry.commit(record, after=None)

    assert registry.version(record.ref) == record
    assert registry.family("support-ticket") == FIRST


def test_versions_are_sorted_as_numbers(registry):
    for version in range(1, 12):
        assert registry.commit(a_record(version), after=registry.family("support-ticket"))

    assert [record.ref.version for record in registry.versions("support-ticket")] == list(range(11, 0, -1))


def test_only_one_of_two_commits_after_the_same_version_wins(registry):
    assert registry.commit(a_record(1), after=None)
    assert registry.commit(a_record(2), after=FIRST)

    assert not registry.commit(a_record(3), after=FIRST)
    assert not registry.commit(replace(a_record(2), source_sha256="other"), after=FIRST)
    assert registry.family("support-ticket") == replace(FIRST, latest=2, latest_source_sha256="source 2")


def test_a_commit_whose_reply_was_lost_is_recognised_as_ours(registry):
    record = a_record()
    assert registry.commit(record, after=None)

    assert registry.commit(record, after=None)


def test_unknown_prompts_and_versions_say_what_there_is(registry):
    with pytest.raises(UnknownPrompt, match="E_PROMPT_UNKNOWN: there is no prompt 'support-ticket'"):
        registry.version(PromptRef("support-ticket", 1))

    registry.commit(a_record(1), after=None)
    registry.commit(a_record(2), after=FIRST)
    with pytest.raises(
        UnknownVersion, match=r"support-ticket@v9 is not published\. support-ticket has v1 to v2"
    ):
        registry.version(PromptRef("support-ticket", 9))


def test_evidence_is_linked_without_touching_the_rest(registry):
    record = a_record()
    registry.commit(record, after=None)
    evidence = Evidence("reports/x.json", "ab", "pass", 0.9, "2026-03-01T11:00:00.000000Z")

    registry.link_evidence(record.ref, evidence)

    assert registry.version(record.ref) == replace(record, evidence=evidence)


def test_an_artifact_is_created_once(artifacts):
    ref = PromptRef("support-ticket", 1)
    version_id = artifacts.create(ref, CONTENT)

    assert version_id
    assert artifacts.create(ref, CONTENT) == version_id
    assert artifacts.create(ref, b"other bytes") is None
    loaded = artifacts.load(a_record(object_version=version_id))
    assert loaded.to_bytes() == CONTENT


def test_bytes_that_do_not_match_the_registry_are_refused(artifacts):
    ref = PromptRef("support-ticket", 1)
    version_id = artifacts.create(ref, CONTENT.replace(b"text", b"evil"))

    with pytest.raises(DigestMismatch):
        artifacts.load(a_record(object_version=version_id))


def test_the_registered_object_version_is_read_whatever_came_later(artifacts):
    ref = PromptRef("support-ticket", 1)
    version_id = artifacts.create(ref, CONTENT)
    boto3.client("s3", "us-east-1").put_object(
        Bucket=BUCKET, Key="prompts/support-ticket/v1.json", Body=b"evil"
    )

    assert artifacts.load(a_record(object_version=version_id)).to_bytes() == CONTENT


def test_a_version_registered_beside_another_bucket_is_read_by_its_key(artifacts):
    ref = PromptRef("support-ticket", 1)
    artifacts.create(ref, CONTENT)
    other = a_record(object_version="3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo")

    assert artifacts.load(other).to_bytes() == CONTENT
    with pytest.raises(DigestMismatch):
        artifacts.load(replace(other, sha256="f" * 64))


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchKey"])
def test_only_a_version_that_is_not_there_is_read_by_its_key(code):
    client = boto3.client("s3", "us-east-1")
    stubber = Stubber(client)
    stubber.add_client_error("get_object", code)
    stubber.activate()

    with pytest.raises((AccessRefused, ArtifactMissing)):
        S3Artifacts(BUCKET, client).load(a_record(object_version="v"))


def test_a_missing_artifact_is_named(artifacts):
    with pytest.raises(ArtifactMissing, match=r"prompts/support-ticket/v1\.json"):
        artifacts.load(a_record(object_version="null"))


def test_racing_publishers_create_one_object(artifacts):
    results: list[str | None] = []
    threads = [
        threading.Thread(
            target=lambda number=number: results.append(
                artifacts.create(PromptRef("support-ticket", 1), b"bytes of %d" % number)
            )
        )
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([result for result in results if result]) == 1


def answering(*answers: str) -> S3Artifacts:
    """A bucket that answers puts with these error codes, or with the version id `written`."""
    client = boto3.client("s3", "us-east-1")
    stubber = Stubber(client)
    for code in answers:
        if code == "written":
            stubber.add_response("put_object", {"VersionId": code})
        else:
            stubber.add_client_error("put_object", code, http_status_code=409)
    stubber.activate()
    return S3Artifacts(BUCKET, client)


def test_a_write_in_the_way_of_another_is_tried_again():
    conflict = "ConditionalRequestConflict"

    assert (
        answering(conflict, conflict, "written").create(PromptRef("support-ticket", 1), CONTENT) == "written"
    )
    with pytest.raises(Throttled, match=r"prompts/support-ticket/v1\.json is being written by others"):
        answering(*[conflict] * 5).create(PromptRef("support-ticket", 1), CONTENT)


def test_s3_keeps_the_digest_it_was_sent(artifacts):
    artifacts.create(PromptRef("support-ticket", 1), CONTENT)

    head = boto3.client("s3", "us-east-1").head_object(
        Bucket=BUCKET, Key="prompts/support-ticket/v1.json", ChecksumMode="ENABLED"
    )
    assert base64.b64decode(head["ChecksumSHA256"]).hex() == sha256(CONTENT)


def test_a_revoked_version_says_why(registry):
    record = a_record()
    registry.commit(record, after=None)
    boto3.client("dynamodb", "us-east-1").update_item(
        TableName="registry",
        Key={"prompt_id": {"S": "support-ticket"}, "version": {"S": "v000001"}},
        UpdateExpression="SET revoked = :why",
        ExpressionAttributeValues={":why": {"S": "it insults customers"}},
    )

    assert registry.version(record.ref) == replace(record, revoked_reason="it insults customers")
