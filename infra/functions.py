"""The functions: one for each verb, and one promote for each environment."""

from __future__ import annotations

import json

from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_iam import PolicyStatement
from constructs import Construct

from infra import arns
from infra.api import Api
from infra.approvers import GROUP, SignIn
from infra.context import Context
from infra.context_values import Environment
from infra.evaluate_settings import evaluate_settings
from infra.function import Function
from infra.oncall import OnCall
from infra.permissions import Permissions
from infra.state_stack import StateStack
from promptops.contract import settings
from promptops.contract.settings import Settings


class Functions(Construct):
    """`by_verb` has the single ones, `promotes` one for each environment, in promotion order."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        context: Context,
        state: StateStack,
        *,
        api: Api,
        sign_in: SignIn,
        session_key: kms.IKey,
        oncall: OnCall,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        self._context = context
        self._state = state
        self._artifact_bucket = state.artifacts.bucket.bucket_name
        self._ledger_tables = json.dumps({name: table.table_name for name, table in state.ledgers.items()})
        self._permissions = Permissions(context, state)
        self.by_verb: dict[str, Function] = {
            "publish": self._publish(dead_letters_arn=dead_letters.queue_arn),
            "evaluate": self._evaluate(),
            "resolve": self._resolve(),
            "observe": self._observe(),
            "approve": self._approve(api=api, sign_in=sign_in, session_key=session_key, oncall=oncall),
        }
        self.promotes = {
            environment.name: self._promote(
                environment, alarm_topic_arn=oncall.alarms.topic_arn, dead_letters_arn=dead_letters.queue_arn
            )
            for environment in context.environments
        }

    @property
    def all(self) -> tuple[Function, ...]:
        return (*self.by_verb.values(), *self.promotes.values())

    def _function(
        self, verb: str, environment: str = "", *, statements: list[PolicyStatement], settings: Settings
    ) -> Function:
        name = f"{verb.title()}{environment.title()}"
        return Function(
            self, name, self._context, verb, environment=environment, statements=statements, settings=settings
        )

    def _publish(self, *, dead_letters_arn: str) -> Function:
        return self._function(
            "publish",
            statements=self._permissions.publish(dead_letters_arn=dead_letters_arn),
            settings=settings.PublishSettings(
                registry_table=self._state.registry.table_name,
                artifact_bucket=self._artifact_bucket,
                evaluation_bucket=self._state.evaluation_data.bucket.bucket_name,
            ),
        )

    def _evaluate(self) -> Function:
        return self._function(
            "evaluate",
            statements=self._permissions.evaluate(),
            settings=evaluate_settings(self._context, self._state),
        )

    def _promote(self, environment: Environment, *, alarm_topic_arn: str, dead_letters_arn: str) -> Function:
        return self._function(
            "promote",
            environment.name,
            statements=self._permissions.promote(environment.name, dead_letters_arn=dead_letters_arn),
            settings=settings.PromoteSettings(
                prefix=self._context.prefix,
                environment=environment.name,
                registry_table=self._state.registry.table_name,
                ledger_tables=self._ledger_tables,
                artifact_bucket=self._artifact_bucket,
                state_machine_arn=arns.state_machine(self._context.prefix),
                approval_required="true" if environment.approval == "required" else "false",
                accepted_model_kinds=",".join(self._context.accepted_model_kinds),
                request_hours=str(self._context.request_hours),
                alarm_topic_arn=alarm_topic_arn,
            ),
        )

    def _approve(self, *, api: Api, sign_in: SignIn, session_key: kms.IKey, oncall: OnCall) -> Function:
        return self._function(
            "approve",
            statements=self._permissions.approve(
                session_key=session_key, topic_arn=oncall.approvals.topic_arn, topic_key=oncall.key
            ),
            settings=settings.ApproveSettings(
                prefix=self._context.prefix,
                registry_table=self._state.registry.table_name,
                ledger_tables=self._ledger_tables,
                artifact_bucket=self._artifact_bucket,
                page_url=api.url,
                sign_in_url=sign_in.url,
                user_pool_id=self._state.approvers.pool.user_pool_id,
                user_pool_client_id=sign_in.client_id,
                approvers_group=GROUP,
                session_key_id=session_key.key_arn,
                mail_from=self._context.mail_from,
                approval_topic_arn=oncall.approvals.topic_arn,
                approval_hours=str(self._context.approval_hours),
            ),
        )

    def _resolve(self) -> Function:
        return self._function(
            "resolve",
            statements=self._permissions.resolve(),
            settings=settings.ResolveSettings(
                prefix=self._context.prefix,
                environments=",".join(self._context.environment_names),
                artifact_bucket=self._artifact_bucket,
                ttl_seconds=str(self._context.ttl_seconds),
            ),
        )

    def _observe(self) -> Function:
        return self._function(
            "observe",
            statements=self._permissions.observe(),
            settings=settings.ObserveSettings(
                prefix=self._context.prefix, environments=",".join(self._context.environment_names)
            ),
        )
