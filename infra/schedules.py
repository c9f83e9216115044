"""The clock of reconciliation: every minute each environment's pointers are compared with its ledger."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.context import Context
from infra.function import Function
from promptops.contract.messages import PromoteTask


class Schedules(Construct):
    """One rule for each environment; what cannot be delivered or keeps failing is in `dead_letters`."""

    def __init__(self, scope: Construct, id: str, context: Context, promotes: Mapping[str, Function]) -> None:
        super().__init__(scope, id)
        self.dead_letters = sqs.Queue(
            self, "DeadLetters", encryption=sqs.QueueEncryption.SQS_MANAGED, enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        for environment, function in promotes.items():
            self._reconcile(environment, function)

    def _reconcile(self, environment: str, function: Function) -> None:
        name = environment.title()
        rule = events.CfnRule(
            self, f"Reconcile{name}", schedule_expression="rate(1 minute)", state="ENABLED",
            description=f"Compare the pointers of {environment} with its ledger",
            targets=[events.CfnRule.TargetProperty(
                id="promote", arn=function.arn, input=f'{{"task": "{RECONCILE.task}"}}',
                dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
                retry_policy=events.CfnRule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=300, maximum_retry_attempts=2
                ),
            )],
        )
        lambda_.CfnPermission(
            self, f"Permission{name}", action="lambda:InvokeFunction", function_name=function.arn,
            principal="events.amazonaws.com", source_arn=rule.attr_arn,
        )
        self.dead_letters.add_to_resource_policy(iam.PolicyStatement(
            sid=f"Undelivered{name}", principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"], resources=[self.dead_letters.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
        ))
        lambda_.CfnEventInvokeConfig(
            self, f"Failures{name}", function_name=function.name, qualifier="$LATEST",
            maximum_retry_attempts=1, maximum_event_age_in_seconds=300,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self.dead_letters.queue_arn)
            ),
        ).node.add_dependency(function.function)


RECONCILE = PromoteTask(task="reconcile")
