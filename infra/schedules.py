"""The clock of reconciliation, and the queue of what got lost."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Function
from promptops.contract.messages import PromoteTask


class DeadLetters(sqs.Queue):
    """Asynchronous calls that could not be delivered or kept failing, for two weeks."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(
            scope,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )


class Schedules(Construct):
    """Every minute each environment's pointers are compared with its ledger."""

    def __init__(
        self, scope: Construct, id: str, promotes: Mapping[str, Function], *, dead_letters: DeadLetters
    ) -> None:
        super().__init__(scope, id)
        self._dead_letters = dead_letters
        for environment, function in promotes.items():
            self._reconcile(environment, function)

    def _reconcile(self, environment: str, function: Function) -> None:
        name = environment.title()
        rule = events.CfnRule(
            self,
            f"Reconcile{name}",
            schedule_expression="rate(1 minute)",
            state="ENABLED",
            description=f"Compare the pointers of {environment} with its ledger",
            targets=[
                events.CfnRule.TargetProperty(
                    id="promote",
                    arn=function.arn,
                    input=f'{{"task": "{RECONCILE.task}"}}',
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                        arn=self._dead_letters.queue_arn
                    ),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=300, maximum_retry_attempts=2
                    ),
                )
            ],
        )
        lambda_.CfnPermission(
            self,
            f"Permission{name}",
            action="lambda:InvokeFunction",
            function_name=function.arn,
            principal="events.amazonaws.com",
            source_arn=rule.attr_arn,
        )
        self._dead_letters.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"Undelivered{name}",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self._dead_letters.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )
        lambda_.CfnEventInvokeConfig(
            self,
            f"Failures{name}",
            function_name=function.name,
            qualifier="$LATEST",
            maximum_retry_attempts=1,
            maximum_event_age_in_seconds=300,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=self._dead_letters.queue_arn
                )
            ),
        ).node.add_dependency(function.function)


RECONCILE = PromoteTask(task="reconcile")
