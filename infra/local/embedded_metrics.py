"""What a log line in CloudWatch Embedded Metric Format says, as `PutMetricData` takes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any


def metric_data(message: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each namespace of the line with its data; nothing for a line that is not in this format.

    As in CloudWatch, a metric without a value in the line is left out, and a list of numbers is many values.
    """
    if '"CloudWatchMetrics"' not in message:
        return
    try:
        line = json.loads(message)
        metadata = line["_aws"]
        timestamp = datetime.fromtimestamp(metadata["Timestamp"] / 1000, tz=UTC)
        directives = [
            (str(each["Namespace"]), list(_data(each, line, timestamp)))
            for each in metadata["CloudWatchMetrics"]
        ]
    except (ValueError, LookupError, TypeError):
        return
    yield from ((namespace, data) for namespace, data in directives if data)


def _data(directive: dict[str, Any], line: dict[str, Any], timestamp: datetime) -> Iterator[dict[str, Any]]:
    for dimensions in directive["Dimensions"]:
        keys = [{"Name": name, "Value": str(line[name])} for name in dimensions]
        for metric in directive["Metrics"]:
            values = [float(value) for value in _numbers(line.get(metric["Name"]))]
            if values:
                yield {
                    "MetricName": metric["Name"],
                    "Dimensions": keys,
                    "Timestamp": timestamp,
                    "Unit": metric.get("Unit", "None"),
                    "Values": values,
                    "StorageResolution": metric.get("StorageResolution", 60),
                }


def _numbers(value: object) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    return [number for number in values if isinstance(number, (int, float)) and not isinstance(number, bool)]
