"""The clock of reconciliation and of the archive, and the queue of what got lost."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Function
from infra.rules import Rule
from promptops.contract.messages import PromoteTask

#: What a crash between a version and its copy in the archive left behind.
ARCHIVE = {"task": "archive"}
RECONCILE = {"task": PromoteTask(task="reconcile").task}


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
    """Every minute pointers are compared with their ledger; every five the archive with the registry."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        promotes: Mapping[str, Function],
        publish: Function,
        dead_letters: DeadLetters,
    ) -> None:
        super().__init__(scope, id)
        for environment, promote in promotes.items():
            Rule(
                self,
                f"Reconcile{environment.title()}",
                promote,
                description=f"Compare the pointers of {environment} with its ledger",
                schedule="rate(1 minute)",
                input=json.dumps(RECONCILE),
                dead_letters=dead_letters,
            )
        Rule(
            self,
            "Archive",
            publish,
            description="Compare the archive with the registry",
            schedule="rate(5 minutes)",
            input=json.dumps(ARCHIVE),
            dead_letters=dead_letters,
        )
        for function in (*promotes.values(), publish):
            self._keep_failures(function, dead_letters)

    def _keep_failures(self, function: Function, dead_letters: DeadLetters) -> None:
        lambda_.CfnEventInvokeConfig(
            self,
            f"Failures{function.node.id}",
            function_name=function.name,
            qualifier="$LATEST",
            maximum_retry_attempts=1,
            maximum_event_age_in_seconds=300,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=dead_letters.queue_arn)
            ),
        ).node.add_dependency(function.function)
