"""Promises of observe: all records or none, one EMF line each, nothing but measurements."""

from __future__ import annotations

import io
import json

import pytest

from promptops.aws.emf import EmfSink
from promptops.domain.errors import InvalidRecord, UnknownEnvironment
from promptops.stages.observe import observe

ENVIRONMENTS = ("dev", "prod")
USE = {"environment": "prod", "prompt_id": "support-ticket", "version": "v12"}


def lines(*records: dict[str, object]) -> list[dict[str, object]]:
    stream = io.StringIO()
    observe(
        list(records), environments=ENVIRONMENTS, sink=EmfSink("prompt-ops", stream=stream, clock=lambda: 1.5)
    )
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_use_becomes_one_line_with_the_metrics_it_measured():
    (line,) = lines({**USE, "latency_ms": 812.5, "error": False, "exposure_id": "e1"})

    assert line["_aws"] == {
        "Timestamp": 1500,
        "CloudWatchMetrics": [
            {
                "Namespace": "prompt-ops",
                "Dimensions": [["environment", "prompt_id", "version"]],
                "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Errors", "Unit": "Count"}],
            }
        ],
    }
    assert (line["Latency"], line["Errors"], line["version"], line["exposure_id"]) == (
        812.5,
        0.0,
        "v12",
        "e1",
    )


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({**USE, "latency_ms": float("nan")}, "latency_ms of record 2 is 'nan'"),
        ({**USE, "latency_ms": -1}, "latency_ms of record 2 is '-1'"),
        ({**USE, "quality": 4.2}, "quality of record 2 is 4.2. Send a number in 0..1"),
        ({**USE, "error": "yes"}, "error of record 2 is 'yes'"),
        ({**USE, "text": "the customer wrote"}, "record 2 has the field 'text'"),
        ({**USE}, "record 2 measures nothing"),
        ({"environment": "prod", "latency_ms": 1}, "record 2 has no prompt_id"),
        ("text", "record 2 is not an object"),
    ],
)
def test_one_bad_record_refuses_the_whole_request(record, message):
    stream = io.StringIO()

    with pytest.raises(InvalidRecord) as refused:
        observe([{**USE, "tokens": 3}, record], environments=ENVIRONMENTS, sink=EmfSink("n", stream=stream))

    assert message in str(refused.value)
    assert stream.getvalue() == ""


def test_an_unknown_environment_names_the_known_ones():
    with pytest.raises(UnknownEnvironment, match=r"unknown environment 'production'\. Known: dev, prod"):
        lines({**USE, "environment": "production", "tokens": 1})


@pytest.mark.parametrize("records", [[], None, {}, [{**USE, "tokens": 1}] * 101])
def test_no_records_or_too_many_are_refused(records):
    with pytest.raises(InvalidRecord):
        observe(records, environments=ENVIRONMENTS, sink=EmfSink("n", stream=io.StringIO()))
