from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from promptops.aws.cloudwatch_alarms import CloudWatchAlarms
from promptops.contract.metrics import METRICS
from promptops.domain.identifiers import PromptRef

TOPIC = "arn:aws:sns:eu-central-1:111122223333:on-call"
V1, V2 = PromptRef("support-ticket", 1), PromptRef("support-ticket", 2)
REQUIRED = (
    "AlarmName",
    "MetricName",
    "Namespace",
    "Statistic",
    "Period",
    "EvaluationPeriods",
    "ComparisonOperator",
)
SIGNALS = sorted(metric.alarm.signal for metric in METRICS if metric.alarm)


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("cloudwatch", region_name="eu-central-1")


def alarms_of(cloudwatch, environment="prod"):
    return CloudWatchAlarms("prompt-ops", environment, TOPIC, cloudwatch)


def names(cloudwatch):
    return sorted(alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"])


def one(cloudwatch, signal):
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    return next(alarm for alarm in alarms if alarm["AlarmName"].endswith(f"/{signal}"))


def expected(ref, environment="prod"):
    return [f"prompt-ops/{environment}/{ref.prompt_id}/v{ref.version}/{signal}" for signal in SIGNALS]


def test_each_served_version_has_one_alarm_a_signal(cloudwatch):
    alarms_of(cloudwatch).project([V1, PromptRef("refund-policy", 4)])

    assert SIGNALS == ["cost", "errors", "quality"]
    assert names(cloudwatch) == sorted(expected(V1) + expected(PromptRef("refund-policy", 4)))


def test_an_alarm_calls_on_call_about_one_version_and_says_what_to_run(cloudwatch):
    alarms_of(cloudwatch).project([V1])

    alarm = one(cloudwatch, "quality")
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
    assert dimensions == {"environment": "prod", "prompt_id": "support-ticket", "version": "v1"}
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("prompt-ops", "Quality", 0.7)
    assert alarm["TreatMissingData"] == "missing"
    assert alarm["AlarmActions"] == [TOPIC]
    assert "promptops rollback support-ticket --env prod" in alarm["AlarmDescription"]


def test_versions_no_longer_served_lose_their_alarms(cloudwatch):
    alarms_of(cloudwatch).project([V1])

    alarms_of(cloudwatch).project([V2])

    assert names(cloudwatch) == expected(V2)


def test_other_environments_and_other_peoples_alarms_are_left_alone(cloudwatch):
    alarms_of(cloudwatch, "dev").project([V1])
    foreign = {
        "MetricName": "Latency",
        "Namespace": "theirs",
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    cloudwatch.put_metric_alarm(AlarmName="prompt-ops/prod/support-ticket/theirs", **foreign)

    alarms_of(cloudwatch).project([])

    assert names(cloudwatch) == [*expected(V1, "dev"), "prompt-ops/prod/support-ticket/theirs"]


def test_only_what_is_missing_or_different_is_written(cloudwatch, monkeypatch):
    alarms_of(cloudwatch).project([V1])
    alarm = one(cloudwatch, "cost")
    changed = {field: alarm[field] for field in REQUIRED} | {"Threshold": 99.0}
    cloudwatch.put_metric_alarm(**changed)
    put = cloudwatch.put_metric_alarm
    written: list[str] = []

    def recorded(**definition):
        written.append(definition["AlarmName"])
        return put(**definition)

    monkeypatch.setattr(cloudwatch, "put_metric_alarm", recorded)
    alarms_of(cloudwatch).project([V1])
    alarms_of(cloudwatch).project([V1])

    assert written == [alarm["AlarmName"]]


def test_as_many_alarms_as_one_call_can_tell_are_asked_for(cloudwatch):
    asked: list[dict[str, object]] = []
    cloudwatch.meta.events.register(
        "provide-client-params.cloudwatch.DescribeAlarms", lambda params, **_: asked.append(params)
    )

    alarms_of(cloudwatch).project([V1])

    assert [call["MaxRecords"] for call in asked] == [100]


def test_more_alarms_than_one_call_can_delete_are_all_deleted(cloudwatch):
    alarms_of(cloudwatch).project([PromptRef(f"prompt-{number}", 1) for number in range(35)])

    alarms_of(cloudwatch).project([])

    assert names(cloudwatch) == []
