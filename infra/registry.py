"""The tables: one registry, and a ledger for each environment."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from promptops.contract.names import RegistryKeys

#: Rows are history. Removing one, or writing without the conditions of a transaction, is for nobody;
#: an administrator who must has to change the table's policy first, which is seen.
_FORBIDDEN = [
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:DeleteTable",
]


class HistoryTable(dynamodb.Table):
    """An on-demand table of rows that stay: recoverable to any second, protected from deletion.

    Its key is AWS-managed: a rollback must not depend on a key of ours being usable.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        partition_key: str,
        sort_key: str,
        stream: dynamodb.StreamViewType | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            partition_key=dynamodb.Attribute(name=partition_key, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name=sort_key, type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=stream,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            resource_policy=iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        sid="RowsStay",
                        effect=iam.Effect.DENY,
                        principals=[iam.AnyPrincipal()],
                        actions=_FORBIDDEN,
                        resources=["*"],
                    )
                ]
            ),
        )


class Registry(HistoryTable):
    """All versions of all prompts, the rows that count them, and an index that lists them."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, partition_key="prompt_id", sort_key="version")
        self.add_global_secondary_index(
            index_name=RegistryKeys.LISTING,
            partition_key=dynamodb.Attribute(name="listed", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="prompt_id", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )


class Ledger(HistoryTable):
    """One environment's truth: heads, releases, requests, approvals, operations.

    Its stream says which rows moved, and nothing of what is in them.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        keys = dynamodb.StreamViewType.KEYS_ONLY
        super().__init__(scope, id, partition_key="pk", sort_key="sk", stream=keys)

    @property
    def stream_arn(self) -> str:
        assert self.table_stream_arn
        return self.table_stream_arn
