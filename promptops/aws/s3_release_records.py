"""Release records in the artifact bucket: written once, the proof of a release without the ledger."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.aws.s3_write_once import create
from promptops.contract.names import release_record_key
from promptops.domain.canonical import canonical
from promptops.domain.errors import DigestMismatch
from promptops.domain.ledger import Release, is_sealed

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
        """Harmless where the version has its record; raises DigestMismatch if that proves other bytes."""
        key = release_record_key(self._environment, release.prompt_id, release.version)
        if create(self._client, self._bucket, key, canonical(release.to_dict())) is not None:
            return
        first = self.read(release.prompt_id, release.version)
        if first is None or first.sha256 != release.sha256:
            raise DigestMismatch(f"{key} is the record of other bytes", "Find out who wrote it.")

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
        document = json.loads(content)
        return Release.from_dict(document) if is_sealed(document) else None
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError):
        return None
