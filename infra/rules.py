"""A rule of EventBridge that invokes a function."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Function


class Rule(Construct):
    """By the clock (`schedule`) or for events of a `pattern`; what cannot be delivered is kept."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        function: Function,
        *,
        description: str,
        dead_letters: sqs.Queue,
        schedule: str | None = None,
        input: str | None = None,
        pattern: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(scope, id)
        rule = events.CfnRule(
            self,
            "Rule",
            schedule_expression=schedule,
            event_pattern=pattern,
            state="ENABLED",
            description=description,
            targets=[
                events.CfnRule.TargetProperty(
                    id="function",
                    arn=function.arn,
                    input=input,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=300, maximum_retry_attempts=2
                    ),
                )
            ],
        )
        lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=function.arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
        dead_letters.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"Undelivered{id}",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[dead_letters.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )
