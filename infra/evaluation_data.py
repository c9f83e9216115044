"""The bucket of evaluation cases and model outputs, which may hold customers' data."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.context import Context
from infra.locked_bucket import LockedBucket
from infra.roles import role_pattern
from promptops.contract import names

DATASETS = names.dataset_key("*")
_READS = [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectAttributes",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectTorrent",
]


class EvaluationData(LockedBucket):
    """Opened by the evaluate function only; publish may add datasets, and read nothing."""

    def __init__(self, scope: Construct, id: str, context: Context) -> None:
        super().__init__(
            scope, id, context, purpose="evaluation data", retention_days=context.evaluation_retention_days
        )
        but_evaluate = _everybody_but(role_pattern(context.prefix, "evaluate"))
        but_publish = _everybody_but(role_pattern(context.prefix, "publish"))
        self.deny("OnlyEvaluateReads", _READS, self.objects("*"), but_evaluate)
        self.deny("OnlyPublishAddsDatasets", ["s3:PutObject"], self.objects(DATASETS), but_publish)
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OnlyEvaluateWritesTheRest",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                not_resources=self.objects(DATASETS),
                conditions=but_evaluate,
            )
        )
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OnlyEvaluateDecrypts",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["kms:Decrypt", "kms:ReEncryptFrom"],
                resources=["*"],
                conditions=but_evaluate,
            )
        )


def _everybody_but(role: str) -> dict[str, dict[str, str]]:
    return {"ArnNotLike": {"aws:PrincipalArn": role}}
