"""Evaluation cases and chunk results, in the restricted bucket that only evaluate opens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.contract.names import chunk_key, dataset_key
from promptops.domain.canonical import canonical, sha256
from promptops.domain.errors import DatasetChanged, EvaluationError
from promptops.domain.evaluation.chunk import MeasuredChunk

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

#: More is read of no object: a longer dataset has another digest, longer results are no JSON.
MAX_BYTES = 16 * 1024 * 1024


class S3Datasets:
    """`datasets/{sha256}.jsonl`: the name is the digest, so the same cases are stored once."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def store(self, content: bytes) -> str:
        key = dataset_key(sha256(content))
        with mapped("s3:PutObject"):
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=content, ContentType="application/jsonl"
            )
        return key

    def load(self, key: str, sha256: str) -> bytes:
        content = _read(self._client, self._bucket, key)
        if content is None:
            raise DatasetChanged(f"the dataset {key} is gone", "Publish the prompt again.")
        _check_digest(content, sha256)
        return content


class S3ChunkResults:
    """`evaluations/{run_id}/{chunk}.json`; a chunk run again replaces its results."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def store(self, run_id: str, chunk: int, measured: MeasuredChunk) -> None:
        with mapped("s3:PutObject"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=chunk_key(run_id, chunk),
                Body=canonical(measured.to_dict()),
                ContentType="application/json",
            )

    def load(self, run_id: str, chunk: int) -> MeasuredChunk | None:
        content = _read(self._client, self._bucket, chunk_key(run_id, chunk))
        if content is None:
            return None
        try:
            return MeasuredChunk.from_dict(json.loads(content))
        except (ValueError, KeyError, TypeError) as error:
            what = f"the results of chunk {chunk} cannot be read"
            raise EvaluationError(what, "Start the evaluation again.") from error


def _check_digest(content: bytes, expected: str) -> None:
    found = sha256(content)
    if found != expected:
        raise DatasetChanged(
            f"the dataset is sha256:{found[:12]}, published was {expected[:12]}", "Publish again."
        )


def _read(client: S3Client, bucket: str, key: str) -> bytes | None:
    try:
        with mapped("s3:GetObject"):
            return client.get_object(Bucket=bucket, Key=key)["Body"].read(MAX_BYTES)
    except client.exceptions.NoSuchKey:
        return None
