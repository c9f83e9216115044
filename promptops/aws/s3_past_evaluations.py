"""How a version's evaluations went, newest first, without reading more than a page needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.aws.s3_reports import NO_REPORT, listed_reports
from promptops.domain.evaluation_history import SHOWN, EvaluationHistory, PastEvaluation
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Report

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import ObjectTypeDef

#: A report of 10,000 cases has 3 MB: the newest ten of those.
MAX_BYTES = 32 * 1024 * 1024


class S3PastEvaluations:
    """`reports/{prompt_id}/vN/` of one bucket; all are counted, few are read, one at a time."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client

    def of_version(self, ref: PromptRef) -> EvaluationHistory:
        objects = self._listed(ref)
        newest = [self._read(item) for item in _bounded(objects)]
        return EvaluationHistory(
            len(objects), sorted(newest, key=lambda past: past.finished_at, reverse=True)
        )

    def _listed(self, ref: PromptRef) -> list[ObjectTypeDef]:
        """Newest first, as a report is written once."""
        objects = listed_reports(self._client, self._bucket, ref)
        return sorted(objects, key=lambda item: item["LastModified"], reverse=True)

    def _read(self, item: ObjectTypeDef) -> PastEvaluation:
        """As the report says it: for people to see, no release rests on it."""
        key = item["Key"]
        with mapped("s3:GetObject"):
            content = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            said = json.loads(content)
            if "verdict" not in said:
                said = Report.from_dict(said).to_dict()
            return PastEvaluation(key, str(said["verdict"]), float(said["score"]), str(said["finished_at"]))
        except NO_REPORT:
            return PastEvaluation(key, "unreadable", 0.0, f"{item['LastModified']:%Y-%m-%dT%H:%M:%S.%fZ}")


def _bounded(objects: Sequence[ObjectTypeDef]) -> Iterator[ObjectTypeDef]:
    left_bytes = MAX_BYTES
    for item in objects[:SHOWN]:
        left_bytes -= item["Size"]
        if left_bytes < 0:
            return
        yield item
