"""The dashboard: what each version of each prompt does, and how the line itself is."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.alarms import workflow_metric
from infra.context import Context
from infra.function import Function
from promptops.contract.metrics import DIMENSIONS, METRICS, Metric
from promptops.contract.names import metric_namespace

_PERIOD = Duration.minutes(5)


class Dashboards(Construct):
    """One dashboard; its graphs find versions by search, so a version born after deployment is there too."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        context: Context,
        *,
        functions: Iterable[Function],
        state_machine_arn: str,
        dead_letters: sqs.Queue,
    ) -> None:
        super().__init__(scope, id)
        self.name = context.prefix
        self._namespace = metric_namespace(context.prefix)
        graphs = [self._graph(metric) for metric in METRICS]
        functions = list(functions)
        health = [
            _row_graph(
                "Errors of the functions",
                [
                    each.function.metric_errors(period=_PERIOD, statistic="Sum", label=each.name)
                    for each in functions
                ],
            ),
            _row_graph(
                "Releases",
                [
                    workflow_metric(name, state_machine_arn)
                    for name in ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut")
                ],
            ),
            _row_graph(
                "Lost reconciliations",
                [
                    dead_letters.metric_approximate_number_of_messages_visible(
                        period=_PERIOD, statistic="Maximum"
                    )
                ],
            ),
        ]
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=self.name,
            default_interval=Duration.hours(3),
            variables=[self._environments(context)],
            widgets=[graphs[start : start + 3] for start in range(0, len(graphs), 3)] + [health],
        )

    def _graph(self, metric: Metric) -> cloudwatch.GraphWidget:
        # A name with anything but letters and digits in it must be quoted: `prompt-ops`, `prompt_id`.
        schema = ",".join(f'"{name}"' for name in (self._namespace, *DIMENSIONS))
        chosen = f'{{{schema}}} MetricName="{metric.name}" environment="{_CHOSEN}"'
        return _row_graph(
            metric.title,
            [
                cloudwatch.MathExpression(
                    expression=f"SEARCH('{chosen}', '{metric.statistic}')",
                    using_metrics={},
                    period=_PERIOD,
                    label="${PROP('Dim.prompt_id')} ${PROP('Dim.version')}",
                )
            ],
        )

    def _environments(self, context: Context) -> cloudwatch.DashboardVariable:
        return cloudwatch.DashboardVariable(
            id="environment",
            type=cloudwatch.VariableType.PATTERN,
            value=_CHOSEN,
            label="Environment",
            input_type=cloudwatch.VariableInputType.RADIO,
            visible=True,
            default_value=cloudwatch.DefaultValue.value(context.environment_names[-1]),
            values=cloudwatch.Values.from_values(
                *(cloudwatch.VariableValue(value=name) for name in context.environment_names)
            ),
        )


#: Replaced in every graph by the environment chosen at the top of the dashboard.
_CHOSEN = "CHOSEN-ENVIRONMENT"


def _row_graph(title: str, metrics: list[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=8, height=6)
