"""Objects that are created once: never overwritten, and taken as written where they are there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from promptops.aws.error_mapping import mapped
from promptops.domain.errors import Throttled

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MAX_ATTEMPTS = 5


def create(client: S3Client, bucket: str, key: str, content: bytes) -> str | None:
    """The object's version id, also if the same bytes were there before; None if other bytes are."""
    for _ in range(MAX_ATTEMPTS):
        try:
            with mapped("s3:PutObject"):
                return _put(client, bucket, key, content)
        except Throttled:
            continue
        except ClientError as error:
            if error.response["Error"]["Code"] == "PreconditionFailed":
                return _same(client, bucket, key, content)
            raise
    raise Throttled(f"{key} is being written by others", "Try again.")


def _put(client: S3Client, bucket: str, key: str, content: bytes) -> str:
    return client.put_object(
        Bucket=bucket,
        Key=key,
        Body=content,
        ContentType="application/json",
        ChecksumAlgorithm="SHA256",
        IfNoneMatch="*",
    )["VersionId"]


def _same(client: S3Client, bucket: str, key: str, content: bytes) -> str | None:
    with mapped("s3:GetObject"):
        found = client.get_object(Bucket=bucket, Key=key)
        return found["VersionId"] if found["Body"].read(len(content) + 1) == content else None
