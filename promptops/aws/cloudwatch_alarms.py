"""CloudWatch alarms of the versions that are served, projected from the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from promptops.aws.error_mapping import mapped
from promptops.contract.metrics import DIMENSIONS, METRICS, Alarm, Metric
from promptops.contract.names import alarm_name, metric_namespace
from promptops.domain.identifiers import PromptRef

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient

PERIOD_SECONDS = 60
PERIODS = 5
PERIODS_TO_ALARM = 3
MAX_DELETED_AT_ONCE = 100
MAX_DESCRIBED_AT_ONCE = 100


class CloudWatchAlarms:
    """The alarms of one environment, each named with its version: a new version starts without history."""

    def __init__(self, prefix: str, environment: str, topic_arn: str, client: CloudWatchClient) -> None:
        self._prefix = prefix
        self._environment = environment
        self._topic_arn = topic_arn
        self._client = client

    def project(self, served: Sequence[PromptRef]) -> None:
        """Have each served version's alarms as declared, and none of versions no longer served."""
        wanted = {str(alarm["AlarmName"]): alarm for ref in served for alarm in self._wanted(ref)}
        existing = {str(alarm["AlarmName"]): alarm for alarm in self._existing()}
        for name, alarm in wanted.items():
            if not _matches(existing.get(name), alarm):
                with mapped("cloudwatch:PutMetricAlarm"):
                    self._client.put_metric_alarm(**alarm)
        ours = {metric.alarm.signal for metric in METRICS if metric.alarm}
        gone = [name for name in existing if name not in wanted and name.rsplit("/", 1)[-1] in ours]
        for start in range(0, len(gone), MAX_DELETED_AT_ONCE):
            with mapped("cloudwatch:DeleteAlarms"):
                self._client.delete_alarms(AlarmNames=gone[start : start + MAX_DELETED_AT_ONCE])

    def _existing(self) -> list[Mapping[str, Any]]:
        prefix = f"{self._prefix}/{self._environment}/"
        with mapped("cloudwatch:DescribeAlarms"):
            pages = self._client.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=prefix,
                AlarmTypes=["MetricAlarm"],
                PaginationConfig={"PageSize": MAX_DESCRIBED_AT_ONCE},
            )
            return [alarm for page in pages for alarm in page.get("MetricAlarms", [])]

    def _wanted(self, ref: PromptRef) -> Iterator[dict[str, Any]]:
        for metric in METRICS:
            if metric.alarm:
                yield self._definition(ref, metric, metric.alarm)

    def _definition(self, ref: PromptRef, metric: Metric, alarm: Alarm) -> dict[str, Any]:
        environment = self._environment
        return {
            "AlarmName": alarm_name(self._prefix, environment, ref.prompt_id, ref.version, alarm.signal),
            "AlarmDescription": (
                f"{ref} in {environment}: {alarm.why}. "
                f'Run: promptops rollback {ref.prompt_id} --env {environment} --reason "{alarm.signal} alarm"'
            ),
            "AlarmActions": [self._topic_arn],
            "ActionsEnabled": True,
            "Namespace": metric_namespace(self._prefix),
            "MetricName": metric.name,
            "Dimensions": [
                {"Name": name, "Value": value}
                for name, value in zip(
                    DIMENSIONS, (environment, ref.prompt_id, f"v{ref.version}"), strict=True
                )
            ],
            "Statistic": alarm.statistic,
            "Period": PERIOD_SECONDS,
            "EvaluationPeriods": PERIODS,
            "DatapointsToAlarm": PERIODS_TO_ALARM,
            "Threshold": alarm.threshold,
            "ComparisonOperator": alarm.comparison,
            "TreatMissingData": "missing",
        }


def _matches(existing: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    return existing is not None and all(
        _unordered(existing.get(field)) == _unordered(value) for field, value in wanted.items()
    )


def _unordered(value: object) -> object:
    return sorted(value, key=str) if isinstance(value, list) else value
