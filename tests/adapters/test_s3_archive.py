"""The archive against S3's own answers, in process."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from promptops.aws.s3_archive import S3Archive
from promptops.domain.canonical import canonical
from promptops.domain.errors import DigestMismatch, Throttled

BUCKET = "artifacts"
KEY = "archive/registry/support-ticket/versions/v1.json"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def archive() -> S3Archive:
    client = boto3.client("s3", "us-east-1")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return S3Archive(BUCKET, client)


def overwrite(content: bytes) -> None:
    boto3.client("s3", "us-east-1").put_object(Bucket=BUCKET, Key=KEY, Body=content)


def test_a_document_comes_back_as_it_was_in_canonical_form(archive):
    document = {"schema": 1, "version": {"rationale": "wärmer", "tags": ["b", "a"]}}

    archive.keep(KEY, document)

    assert archive.read(KEY) == document
    stored = boto3.client("s3", "us-east-1").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    assert stored == canonical(document)


def test_what_is_not_there_reads_as_nothing(archive):
    assert archive.read(KEY) is None


def test_keeping_the_same_again_is_harmless_and_writes_nothing(archive):
    archive.keep(KEY, {"a": 1, "b": 2})
    archive.keep(KEY, {"b": 2, "a": 1})

    versions = boto3.client("s3", "us-east-1").list_object_versions(Bucket=BUCKET)["Versions"]
    assert len(versions) == 1


def test_another_content_under_the_same_key_is_refused_and_the_first_stays(archive):
    archive.keep(KEY, {"a": 1})

    with pytest.raises(DigestMismatch, match=f"{KEY} is archived with another content"):
        archive.keep(KEY, {"a": 2})

    assert archive.read(KEY) == {"a": 1}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b"\xff", b'{"a":1}\n'])
def test_bytes_that_are_no_document_of_ours_are_refused(archive, content):
    overwrite(content)

    with pytest.raises(DigestMismatch, match=f"{KEY} is not what was archived"):
        archive.read(KEY)


def test_all_keys_are_listed_in_order_however_many(archive):
    for number in (2, 1, 10):
        archive.keep(f"archive/registry/b/versions/v{number}.json", {"n": number})
    archive.keep("archive/registry/a/versions/v1.json", {})

    client = boto3.client("s3", "us-east-1")
    client.meta.events.register(
        "before-parameter-build.s3.ListObjectsV2", lambda params, **_: params.update(MaxKeys=2)
    )
    keys = list(S3Archive(BUCKET, client).keys("archive/registry/b/"))

    assert keys == [f"archive/registry/b/versions/v{number}.json" for number in (1, 10, 2)]
    assert list(archive.keys("archive/nothing/")) == []


def test_a_write_in_the_way_of_another_is_tried_again():
    client = boto3.client("s3", "us-east-1")
    stubber = Stubber(client)
    for _ in range(2):
        stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    stubber.add_response("put_object", {"VersionId": "written"})
    with stubber:
        S3Archive(BUCKET, client).keep(KEY, {"a": 1})
    stubber.assert_no_pending_responses()

    for _ in range(5):
        stubber.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    with stubber, pytest.raises(Throttled):
        S3Archive(BUCKET, client).keep(KEY, {"a": 1})
