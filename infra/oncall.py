"""Who is told: the topic of alarms and the topic of waiting approvals, under one key."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.context import Context


class OnCall(Construct):
    """`alarms` is written by CloudWatch, `approvals` by the approve function."""

    def __init__(self, scope: Construct, id: str, context: Context) -> None:
        super().__init__(scope, id)
        self.key = kms.Key(
            self,
            "Key",
            description=f"{context.prefix}: notifications",
            enable_key_rotation=True,
            pending_window=Duration.days(30),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.key.add_to_resource_policy(_cloudwatch(["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
        self.alarms = sns.Topic(self, "Alarms", master_key=self.key, enforce_ssl=True)
        # A topic with a policy of its own loses the default one, under which alarms could publish.
        self.alarms.add_to_resource_policy(_cloudwatch(["sns:Publish"], self.alarms.topic_arn))
        self.approvals = sns.Topic(self, "Approvals", master_key=self.key, enforce_ssl=True)
        for email in context.oncall_emails:
            self.alarms.add_subscription(subscriptions.EmailSubscription(email))


def _cloudwatch(actions: list[str], resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="AlarmsOfThisAccount",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=actions,
        resources=[resource],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
