"""Evaluation cases and chunk results, in the restricted bucket that only evaluate opens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.contract.names import chunk_key, dataset_key
from promptops.domain.canonical import canonical, sha256
from promptops.domain.errors import DatasetChanged, EvaluationError
from promptops.domain.report import CaseResult

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SCHEMA = 1
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
    """`evaluations/{evaluation_id}/{chunk}.json`; a chunk run again replaces its results."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def store(self, evaluation_id: str, chunk: int, results: Sequence[CaseResult]) -> None:
        document = {"schema": SCHEMA, "cases": [asdict(result) for result in results]}
        with mapped("s3:PutObject"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=chunk_key(evaluation_id, chunk),
                Body=canonical(document),
                ContentType="application/json",
            )

    def load(self, evaluation_id: str, chunk: int) -> Sequence[CaseResult]:
        content = _read(self._client, self._bucket, chunk_key(evaluation_id, chunk))
        if content is None:
            raise EvaluationError(f"chunk {chunk} has no results", "Start the evaluation again.")
        try:
            return [CaseResult.from_dict(case) for case in json.loads(content)["cases"]]
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
