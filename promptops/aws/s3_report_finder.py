"""Every evaluation report of a version, found by listing instead of by what links it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.aws.s3_reports import NO_REPORT, listed_reports
from promptops.domain.canonical import sha256
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Evidence, Report

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class S3ReportFinder:
    """Reads `reports/{prompt_id}/vN/` of one bucket, each version once: a report never changes."""

    def __init__(self, bucket: str, client: S3Client) -> None:
        self._bucket = bucket
        self._client = client
        self._known: dict[PromptRef, Sequence[tuple[Evidence, Report]]] = {}

    def of_version(self, ref: PromptRef) -> Sequence[tuple[Evidence, Report]]:
        """Oldest first; what is no report is left out, so nothing can rest on it."""
        if ref not in self._known:
            found = (self._read(item["Key"]) for item in listed_reports(self._client, self._bucket, ref))
            reports = [report for report in found if report]
            self._known[ref] = sorted(reports, key=lambda report: report[0].evaluated_at)
        return self._known[ref]

    def _read(self, key: str) -> tuple[Evidence, Report] | None:
        with mapped("s3:GetObject"):
            content = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        try:
            report = Report.from_dict(json.loads(content))
            evidence = Evidence(key, sha256(content), report.verdict, report.score, report.finished_at)
        except NO_REPORT:
            return None
        return evidence, report
