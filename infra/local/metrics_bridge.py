"""Metrics from log lines: CloudWatch makes them from Embedded Metric Format, the emulator does not."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

from botocore.exceptions import ClientError

from infra.local.embedded_metrics import metric_data

# Events come in the order of their time, but for those that several workers wrote at the same moment.
_OVERLAP_MS = 10_000

_LOGGER = logging.getLogger(__name__)
_Place = tuple[str, int, int, int]


class MetricsBridge:
    """Puts the metrics of every new log line, each line once; `logs` and `cloudwatch` are boto3 clients."""

    def __init__(self, *, logs: Any, cloudwatch: Any) -> None:
        self._logs = logs
        self._cloudwatch = cloudwatch
        self._groups: dict[str, _Group] = {}

    def pass_on(self) -> None:
        """Read what is new in all log groups. An error leaves the rest for the next call."""
        for page in self._logs.get_paginator("describe_log_groups").paginate():
            for described in page["logGroups"]:
                group = self._groups.setdefault(described["logGroupName"], _Group())
                if described["storedBytes"] != group.stored_bytes:
                    self._pass_on_group(described["logGroupName"], group)
                    group.stored_bytes = described["storedBytes"]

    def _pass_on_group(self, name: str, group: _Group) -> None:
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=name, startTime=max(0, group.newest_ms - _OVERLAP_MS)
        )
        newest, seen = group.newest_ms, set[_Place]()
        lines_of_moment: Counter[tuple[str, int]] = Counter()
        for event in (event for page in pages for event in page["events"]):
            moment = (event["logStreamName"], event["timestamp"])
            lines_of_moment[moment] += 1
            newest = max(newest, event["timestamp"])
            for index, (namespace, data) in enumerate(metric_data(event["message"])):
                place = (*moment, lines_of_moment[moment], index)
                if place not in group.done:
                    self._put(namespace, data)
                    group.done.add(place)
                seen.add(place)
        group.newest_ms, group.done = newest, seen

    def _put(self, namespace: str, data: list[dict[str, Any]]) -> None:
        try:
            self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                raise
            _LOGGER.warning("metrics refused, as CloudWatch would drop them: %s", error)


class _Group:
    """How far a log group was read. A line is known by its stream, its time, and its place at that time."""

    def __init__(self) -> None:
        self.stored_bytes = 0
        self.newest_ms = 0
        self.done: set[_Place] = set()
