"""Evaluation reports beside the artifacts, written once, verified on every load."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from promptops.aws.error_mapping import mapped
from promptops.contract.names import report_key
from promptops.domain.canonical import canonical, sha256
from promptops.domain.errors import EvaluationError, EvidenceMismatch, PromptOpsError
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Evidence, Report

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import ObjectTypeDef


#: More is read of no report: what is longer has another digest than the linked one.
MAX_BYTES = 16 * 1024 * 1024
#: What reading something else than a report raises.
NO_REPORT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, PromptOpsError)


def listed_reports(client: S3Client, bucket: str, ref: PromptRef) -> list[ObjectTypeDef]:
    """Every object under `reports/{prompt_id}/vN/`."""
    prefix = report_key(ref.prompt_id, ref.version, "*").partition("*")[0]
    with mapped("s3:ListObjectsV2"):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item for page in pages for item in page.get("Contents", ())]


class S3Reports:
    """`reports/{prompt_id}/v12/{evaluation_id}.json` in the artifact bucket."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def store(self, report: Report) -> Evidence:
        """The evidence in the report, or in the one this evaluation wrote before: the first stands."""
        key = report_key(report.prompt_id, report.version, report.evaluation_id)
        content = canonical(report.to_dict())
        if len(content) > MAX_BYTES:
            what = f"the report has {len(content)} bytes, limit {MAX_BYTES}"
            raise EvaluationError(what, "Give the cases fewer tags and metrics, or measure fewer cases.")
        try:
            with mapped("s3:PutObject"):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=content,
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            content = self._read(key)
            report = Report.from_dict(json.loads(content))
        return Evidence(key, sha256(content), report.verdict, report.score, report.finished_at)

    def load(self, evidence: Evidence) -> Report:
        try:
            content = self._read(evidence.key)
        except self._client.exceptions.NoSuchKey as error:
            raise EvidenceMismatch(
                f"the report {evidence.key} is gone", "Evaluate the version again."
            ) from error
        found = sha256(content)
        if found != evidence.sha256:
            raise EvidenceMismatch(
                f"the report is sha256:{found[:12]}, linked was {evidence.sha256[:12]}",
                "Evaluate the version again.",
            )
        return Report.from_dict(json.loads(content))

    def _read(self, key: str) -> bytes:
        with mapped("s3:GetObject"):
            return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read(MAX_BYTES)
