"""Artifacts in their locked bucket: created once, read by the version that was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from promptops.aws import s3_write_once
from promptops.aws.error_mapping import mapped
from promptops.contract.names import artifact_key
from promptops.domain.artifact import Artifact
from promptops.domain.errors import ArtifactMissing
from promptops.domain.identifiers import PromptRef
from promptops.domain.version import VersionRecord

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import GetObjectOutputTypeDef

_MISSING = ("NoSuchKey", "NoSuchVersion", "404")


class S3Artifacts:
    """`prompts/{prompt_id}/vN.json` of one bucket."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def create(self, ref: PromptRef, content: bytes) -> str | None:
        """The object's version id, also if the same bytes were there before; None if other bytes are."""
        key = artifact_key(ref.prompt_id, ref.version)
        return s3_write_once.create(self._client, self._bucket, key, content)

    def load(self, record: VersionRecord) -> Artifact:
        """The artifact, verified against the registry's digest; raises ArtifactMissing or DigestMismatch.

        A record that was restored beside a new bucket names a version of the old one: there the key has it.
        """
        key = artifact_key(record.ref.prompt_id, record.ref.version)
        with mapped("s3:GetObject"):
            try:
                try:
                    found = self._get(key, VersionId=record.object_version)
                except ClientError as error:
                    if error.response["Error"]["Code"] != "NoSuchVersion":
                        raise
                    found = self._get(key)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _MISSING:
                    raise
                what = f"{key} is not in the artifact bucket"
                raise ArtifactMissing(what, "Restore it from its versions.") from error
            content = found["Body"].read(record.size_bytes + 1)
        return Artifact.from_bytes(content, record.sha256)

    def _get(self, key: str, **of: str) -> GetObjectOutputTypeDef:
        return self._client.get_object(Bucket=self._bucket, Key=key, **of)  # type: ignore[arg-type]
