"""Artifacts for those who resolve: one GetObject, capped and verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.contract.names import artifact_key
from promptops.domain.artifact import Artifact
from promptops.domain.errors import ArtifactMissing, DigestMismatch

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MAX_BYTES = 1_048_576


class S3ArtifactReader:
    """Reads `prompts/{prompt_id}/vN.json` of one bucket."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def read(self, prompt_id: str, version: int, sha256: str) -> Artifact:
        """The artifact with exactly this digest; raises ArtifactMissing or DigestMismatch."""
        key = artifact_key(prompt_id, version)
        with mapped("s3:GetObject"):
            try:
                response = self._client.get_object(Bucket=self._bucket, Key=key)
            except self._client.exceptions.NoSuchKey as error:
                raise ArtifactMissing(
                    f"{key} is not in the artifact bucket", "Restore it from its versions."
                ) from error
            if response["ContentLength"] > MAX_BYTES:
                raise DigestMismatch(
                    f"{key} has {response['ContentLength']} bytes, limit {MAX_BYTES}",
                    "It will not be served; restore the object's earlier version.",
                )
            content = response["Body"].read()
        return Artifact.from_bytes(content, sha256)
