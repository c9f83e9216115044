from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from infra.local.embedded_metrics import metric_data
from promptops.aws.emf import EmfSink
from promptops.domain.usage import Use


def a_line(**changes: object) -> str:
    directive = {
        "Namespace": "shop",
        "Dimensions": [["env", "id"], ["env"]],
        "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Absent", "Unit": "Count"}],
    }
    line = {"_aws": {"Timestamp": 1_700_000_000_000, "CloudWatchMetrics": [directive]}}
    return json.dumps({**line, "env": "prod", "id": "p", "Latency": 12, "note": "not a metric", **changes})


def test_each_dimension_set_becomes_a_datum_and_a_metric_without_value_none():
    [(namespace, data)] = metric_data(a_line())

    assert namespace == "shop"
    assert [[key["Name"] for key in datum["Dimensions"]] for datum in data] == [["env", "id"], ["env"]]
    assert {datum["MetricName"] for datum in data} == {"Latency"}
    assert data[0]["Values"] == [12.0]
    assert data[0]["Unit"] == "Milliseconds"
    assert data[0]["Timestamp"] == datetime.fromtimestamp(1_700_000_000, tz=UTC)


def test_a_list_of_numbers_is_many_values_of_one_datum():
    [(_, data)] = metric_data(a_line(Latency=[1, 2.5]))

    assert data[0]["Values"] == [1.0, 2.5]


@pytest.mark.parametrize(
    "message",
    ["START RequestId: 1", '{"a": 1}', '"CloudWatchMetrics" {', '{"_aws": {"CloudWatchMetrics": 3}}',
     a_line(Latency="fast"), a_line(_aws={"Timestamp": "now", "CloudWatchMetrics": []})],
)  # fmt: skip
def test_a_line_that_is_not_in_the_format_has_no_metrics(message: str):
    assert list(metric_data(message)) == []


def test_a_dimension_that_the_line_lacks_makes_it_no_metric_line():
    document = json.loads(a_line())
    del document["id"]

    assert list(metric_data(json.dumps(document))) == []


def test_what_the_product_emits_comes_through_unchanged(capsys: pytest.CaptureFixture[str]):
    use = Use("prod", "support-ticket", 12, {"latency_ms": 840.0, "quality": 1.0}, {})
    EmfSink("prompt-ops", clock=lambda: 1_700_000_000).emit(use)

    [(namespace, data)] = metric_data(capsys.readouterr().out)

    assert namespace == "prompt-ops"
    assert {(datum["MetricName"], datum["Values"][0]) for datum in data} == {
        ("Latency", 840.0),
        ("Quality", 1.0),
    }
    assert [key["Value"] for key in data[0]["Dimensions"]] == ["prod", "support-ticket", "v12"]
