from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.domain.canonical import canonical, digest
from promptops.domain.errors import DigestMismatch
from promptops.domain.ledger import Head, next_release
from promptops.domain.people import Actor

BUCKET = "artifacts"
KEY = "released/prod/support-ticket/v1.json"
RELEASE = next_release(
    Head("support-ticket"),
    version=1,
    sha256="a" * 64,
    kind="promote",
    actor=Actor("iam", "arn:aws:iam::111122223333:user/alice"),
    reason="better answers",
    at="2026-05-26T10:00:00.000000Z",
    op_id="one",
)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client


def test_a_record_is_read_as_it_was_written(s3):
    records = S3ReleaseRecords(BUCKET, "prod", s3)

    records.create(RELEASE)

    assert records.read("support-ticket", 1) == RELEASE
    assert s3.head_object(Bucket=BUCKET, Key=KEY)["ContentType"] == "application/json"


def test_the_first_record_of_a_version_stays(s3):
    records = S3ReleaseRecords(BUCKET, "prod", s3)
    records.create(RELEASE)

    records.create(replace(RELEASE, revision=9).sealed())

    assert records.read("support-ticket", 1) == RELEASE


def test_a_record_that_proves_other_bytes_is_not_taken_for_ours(s3):
    records = S3ReleaseRecords(BUCKET, "prod", s3)
    records.create(replace(RELEASE, sha256="b" * 64).sealed())

    with pytest.raises(DigestMismatch, match="is the record of other bytes"):
        records.create(RELEASE)


def test_a_record_with_a_field_of_a_newer_stack_still_proves_its_release(s3):
    newer = {**RELEASE.to_dict(), "window": "night"}
    newer["chain"] = digest({name: value for name, value in newer.items() if name != "chain"})
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=canonical(newer))

    found = S3ReleaseRecords(BUCKET, "prod", s3).read("support-ticket", 1)

    assert found is not None
    assert (found.version, found.sha256) == (1, RELEASE.sha256)


def test_where_nothing_was_released_there_is_no_record(s3):
    S3ReleaseRecords(BUCKET, "prod", s3).create(RELEASE)

    assert S3ReleaseRecords(BUCKET, "prod", s3).read("support-ticket", 2) is None
    assert S3ReleaseRecords(BUCKET, "dev", s3).read("support-ticket", 1) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"v1"])
def test_a_record_that_is_no_record_proves_nothing(s3, content):
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=content)

    with pytest.raises(DigestMismatch, match=KEY):
        S3ReleaseRecords(BUCKET, "prod", s3).read("support-ticket", 1)


def test_a_record_changed_after_the_fact_proves_nothing(s3):
    records = S3ReleaseRecords(BUCKET, "prod", s3)
    records.create(replace(RELEASE, sha256="b" * 64))

    with pytest.raises(DigestMismatch):
        records.read("support-ticket", 1)


def test_the_record_of_one_version_does_not_prove_another(s3):
    records = S3ReleaseRecords(BUCKET, "prod", s3)
    records.create(RELEASE)
    s3.copy_object(Bucket=BUCKET, Key=KEY.replace("v1", "v2"), CopySource={"Bucket": BUCKET, "Key": KEY})

    with pytest.raises(DigestMismatch):
        records.read("support-ticket", 2)
