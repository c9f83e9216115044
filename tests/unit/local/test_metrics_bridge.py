from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.metrics_bridge import MetricsBridge

NOW_MS = 1_700_000_000_000


class FakeLogs:
    """Log groups in memory, a stream an invocation, as the emulator keeps them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.reads = 0

    def write(self, stream: str, *messages: str, at_ms: int = NOW_MS) -> None:
        self.events += [
            {"logStreamName": stream, "timestamp": at_ms, "message": message} for message in messages
        ]

    def get_paginator(self, operation: str) -> Any:
        return FakePages(getattr(self, f"_{operation}"))

    def _describe_log_groups(self) -> dict[str, Any]:
        size = sum(len(event["message"]) for event in self.events)
        return {"logGroups": [{"logGroupName": "observe", "storedBytes": size}]}

    def _filter_log_events(self, *, logGroupName: str, startTime: int) -> dict[str, Any]:
        self.reads += 1
        later = [event for event in self.events if event["timestamp"] >= startTime]
        return {"events": sorted(later, key=lambda event: event["timestamp"])}


class FakePages:
    def __init__(self, call: Any) -> None:
        self._call = call

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        yield self._call(**arguments)


class FakeCloudWatch:
    def __init__(self) -> None:
        self.values: list[float] = []
        self.refusals: list[int] = []

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:
        if self.refusals:
            status = self.refusals.pop()
            raise ClientError({"Error": {}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutMetricData")  # type: ignore[typeddict-item]
        self.values += [value for datum in MetricData for value in datum["Values"]]


@pytest.fixture
def logs() -> FakeLogs:
    return FakeLogs()


@pytest.fixture
def cloudwatch() -> FakeCloudWatch:
    return FakeCloudWatch()


@pytest.fixture
def bridge(logs: FakeLogs, cloudwatch: FakeCloudWatch) -> MetricsBridge:
    return MetricsBridge(logs=logs, cloudwatch=cloudwatch)


def a_use(latency: float) -> str:
    directive = {"Namespace": "n", "Dimensions": [["id"]], "Metrics": [{"Name": "Latency"}]}
    metadata = {"Timestamp": NOW_MS, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": metadata, "id": "p", "Latency": latency})


def test_a_line_is_passed_on_once_however_often_the_log_is_read(
    bridge: MetricsBridge, logs: FakeLogs, cloudwatch: FakeCloudWatch
):
    logs.write("one", "START", a_use(1))
    bridge.pass_on()
    logs.write("two", "START", a_use(2))
    bridge.pass_on()
    bridge.pass_on()

    assert cloudwatch.values == [1, 2]


def test_equal_lines_of_the_same_moment_all_count(
    bridge: MetricsBridge, logs: FakeLogs, cloudwatch: FakeCloudWatch
):
    logs.write("one", a_use(1), a_use(1))
    logs.write("two", a_use(1))
    bridge.pass_on()
    logs.write("one", a_use(1))
    bridge.pass_on()

    assert cloudwatch.values == [1, 1, 1, 1]


def test_a_line_that_arrives_a_little_late_is_not_missed(
    bridge: MetricsBridge, logs: FakeLogs, cloudwatch: FakeCloudWatch
):
    logs.write("one", a_use(1), at_ms=NOW_MS)
    bridge.pass_on()
    logs.write("slow", a_use(2), at_ms=NOW_MS - 3_000)
    logs.write("later", a_use(3), at_ms=NOW_MS + 60_000)
    bridge.pass_on()
    bridge.pass_on()

    assert cloudwatch.values == [1, 2, 3]


def test_a_fault_of_cloudwatch_loses_nothing_and_repeats_nothing(
    bridge: MetricsBridge, logs: FakeLogs, cloudwatch: FakeCloudWatch
):
    logs.write("one", a_use(1))
    bridge.pass_on()
    logs.write("two", a_use(2), a_use(3))
    cloudwatch.refusals = [503]

    with pytest.raises(ClientError):
        bridge.pass_on()
    bridge.pass_on()

    assert cloudwatch.values == [1, 2, 3]


def test_a_line_that_cloudwatch_refuses_does_not_hold_up_the_others(
    bridge: MetricsBridge, logs: FakeLogs, cloudwatch: FakeCloudWatch
):
    logs.write("one", a_use(1), a_use(2))
    cloudwatch.refusals = [400]

    bridge.pass_on()

    assert cloudwatch.values == [2]


def test_a_group_without_news_is_not_read(bridge: MetricsBridge, logs: FakeLogs):
    logs.write("one", a_use(1))
    bridge.pass_on()
    bridge.pass_on()

    assert logs.reads == 1
