"""What must survive everything: artifacts, evaluation data, registry, ledgers, approvers."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.approvers import Approvers
from infra.artifacts import Artifacts
from infra.context import Context
from infra.evaluation_data import EvaluationData
from infra.registry import Ledger, Registry
from infra.tags import tag
from promptops.contract.names import STATE_STACK


class StateStack(Stack):
    """Retained, protected from deletion, almost never changed."""

    def __init__(self, scope: Construct, context: Context) -> None:
        super().__init__(
            scope,
            STATE_STACK,
            stack_name=context.stack_name(STATE_STACK),
            termination_protection=True,
            description="PromptOps: artifacts, registry, ledgers, approvers; kept when the line goes",
        )
        self.artifacts = Artifacts(self, "Artifacts", context)
        self.evaluation_data = EvaluationData(self, "EvaluationData", context)
        self.registry = Registry(self, "Registry")
        self.ledgers = {name: Ledger(self, f"Ledger{name.title()}") for name in context.environment_names}
        self.approvers = Approvers(self, "Approvers", context)
        tag(self, context, "state")

        CfnOutput(self, "ArtifactBucket", value=self.artifacts.bucket.bucket_name)
        CfnOutput(self, "EvaluationBucket", value=self.evaluation_data.bucket.bucket_name)
        CfnOutput(self, "RegistryTable", value=self.registry.table_name)
        for name, ledger in self.ledgers.items():
            CfnOutput(self, f"LedgerTable{name.title()}", value=ledger.table_name)
        CfnOutput(self, "UserPoolId", value=self.approvers.pool.user_pool_id)
