"""Alarms on the line itself; those of prompt versions are projected by promote as versions come and go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Function
from promptops.contract.names import DRIFT_ALARM, line_namespace

_PERIOD = Duration.minutes(5)
_AT_LEAST = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_LESS = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


class Alarms(Construct):
    """Each tells the on-call topic when it begins and when it is over."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        functions: Iterable[Function],
        reconcilers: Mapping[str, Function],
        api_id: str,
        state_machine_arn: str,
        dead_letters: sqs.Queue,
        topic: sns.Topic,
    ) -> None:
        super().__init__(scope, id)
        self._prefix = prefix
        self._action = actions.SnsAction(topic)
        for function in functions:
            metric = function.function.metric_errors(period=_PERIOD, statistic="Sum")
            why = f"{function.name} has raised errors for a quarter of an hour"
            # To refuse a release is to raise an error, too: only what keeps failing is broken.
            self._alarm(function.node.id, f"{function.name}/errors", metric, why, periods=3)
        self._alarm(
            "Api",
            "api/5xx",
            cloudwatch.Metric(
                namespace="AWS/ApiGateway",
                metric_name="5xx",
                statistic="Sum",
                period=_PERIOD,
                dimensions_map={"ApiId": api_id},
            ),
            "the API could not do what it was asked; the function's log says why",
        )
        self._alarm(
            "Releases",
            "release/failed",
            workflow_metric("ExecutionsFailed", state_machine_arn),
            "a release ended in a fault, not in a refusal; its request says why",
        )
        self._alarm(
            "DeadLetters",
            "dead-letters",
            dead_letters.metric_approximate_number_of_messages_visible(period=_PERIOD, statistic="Maximum"),
            "a reconciliation or a sweep of the archive was lost; the message says which and why",
        )
        self._alarm(
            "Drift",
            "drift",
            self._told(reconcilers.values()),
            "a pointer was written past its ledger or deleted, or an error does not end by itself; "
            "promptops changes and the reconciler's log say which",
        )
        for environment, function in reconcilers.items():
            metric = function.function.metric_invocations(period=_PERIOD, statistic="Sum")
            why = f"nothing reconciles {environment} any more: look at the rules of {function.name}"
            # The one where silence itself is what is wrong.
            self._alarm(
                f"Reconcile{environment.title()}", f"reconcile/{environment}", metric, why, 3, silent=True
            )

    def _told(self, reconcilers: Iterable[Function]) -> cloudwatch.Metric:
        """How often a reconciler wants somebody to look, in all environments: each time one line of a log."""
        namespace, name = line_namespace(self._prefix), "DriftAlarms"
        for function in reconcilers:
            logs.MetricFilter(
                self,
                f"Drift{function.node.id}",
                log_group=function.function.log_group,
                filter_pattern=logs.FilterPattern.string_value("$.message", "=", f"{DRIFT_ALARM}*"),
                metric_namespace=namespace,
                metric_name=name,
                metric_value="1",
            )
        return cloudwatch.Metric(namespace=namespace, metric_name=name, statistic="Sum", period=_PERIOD)

    def _alarm(
        self,
        id: str,
        name: str,
        metric: cloudwatch.IMetric,
        why: str,
        periods: int = 1,
        *,
        silent: bool = False,
    ) -> None:
        """Rings at the first one; a `silent` one when there is none, nor any data."""
        missing = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            id,
            alarm_name=f"{self._prefix}/{name}",
            alarm_description=why,
            metric=metric,
            threshold=1,
            evaluation_periods=periods,
            comparison_operator=_LESS if silent else _AT_LEAST,
            # No line means no errors: these metrics exist only when something ran.
            treat_missing_data=missing.BREACHING if silent else missing.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)


def workflow_metric(name: str, state_machine_arn: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/States",
        metric_name=name,
        statistic="Sum",
        period=_PERIOD,
        dimensions_map={"StateMachineArn": state_machine_arn},
    )
