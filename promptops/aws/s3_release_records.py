"""Release records in the artifact bucket: written once, the proof of a release without the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from promptops.aws.error_mapping import mapped
from promptops.contract.names import release_record_key
from promptops.domain.canonical import canonical
from promptops.domain.errors import DigestMismatch
from promptops.domain.ledger import Release

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MAX_BYTES = 65_536


class S3ReleaseRecords:
    """`released/{env}/{prompt_id}/vN.json` of one environment."""

    def __init__(self, bucket: str, environment: str, client: S3Client) -> None:
        self._bucket = bucket
        self._environment = environment
        self._client = client

    def create(self, release: Release) -> None:
        """Harmless when the version has its record already: the first one stays."""
        with mapped("s3:PutObject"):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=release_record_key(self._environment, release.prompt_id, release.version),
                    Body=canonical(release.to_dict()),
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "PreconditionFailed":
                    raise

    def read(self, prompt_id: str, version: int) -> Release | None:
        """The record, None where there is none; raises DigestMismatch if it is not what was written."""
        key = release_record_key(self._environment, prompt_id, version)
        with mapped("s3:GetObject"):
            try:
                content = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read(MAX_BYTES)
            except self._client.exceptions.NoSuchKey:
                return None
        release = _release(content)
        if release is None or (release.prompt_id, release.version) != (prompt_id, version):
            raise DigestMismatch(f"{key} is not the record that was written", "Restore its first version.")
        return release


def _release(content: bytes) -> Release | None:
    """The release in these bytes, None unless they are a whole and unchanged record."""
    try:
        release = Release.from_dict(json.loads(content))
        return release if release.sealed() == release else None
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return None
