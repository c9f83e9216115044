"""The archive in the artifact bucket: a copy of every audit row, written once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from promptops.aws import s3_write_once
from promptops.aws.error_mapping import mapped
from promptops.domain.canonical import canonical
from promptops.domain.errors import DigestMismatch

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

RESTORE = "Look at the versions of this object; the first one is what was archived."


class S3Archive:
    """Documents in canonical JSON under the `archive/` keys of one bucket."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def keep(self, key: str, document: Mapping[str, object]) -> None:
        """Harmless when it is there already; raises DigestMismatch if it is there with another content."""
        if s3_write_once.create(self._client, self._bucket, key, canonical(document)) is None:
            raise DigestMismatch(f"{key} is archived with another content", RESTORE)

    def read(self, key: str) -> Mapping[str, object] | None:
        """The document, None where there is none; raises DigestMismatch if it is no document of ours."""
        with mapped("s3:GetObject"):
            try:
                content = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None
        document = _document(content)
        if document is None:
            raise DigestMismatch(f"{key} is not what was archived", RESTORE)
        return document

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin so, in order."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with mapped("s3:ListObjectsV2"):
            for page in pages:
                yield from (found["Key"] for found in page.get("Contents", ()))


def _document(content: bytes) -> Mapping[str, object] | None:
    """The document of these bytes, None unless they are the canonical form of one."""
    try:
        document = json.loads(content)
        return document if isinstance(document, dict) and canonical(document) == content else None
    except ValueError:
        return None
