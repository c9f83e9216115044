"""Everything that works: functions, workflow, API, schedules, alarms. May be destroyed and deployed again."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.accelerators import Accelerators
from infra.access_kit import AccessKit
from infra.alarms import Alarms
from infra.api import Api
from infra.approvers import SignIn
from infra.context import Context
from infra.dashboards import Dashboards
from infra.functions import Functions
from infra.mail import Mail
from infra.oncall import OnCall
from infra.schedules import DeadLetters, Schedules
from infra.settings import SettingsParameters
from infra.state_stack import StateStack
from infra.tags import tag
from infra.workflow import Workflow
from promptops.contract.names import LINE_STACK


class LineStack(Stack):
    """The line a prompt travels, over the state it reads and writes."""

    def __init__(self, scope: Construct, context: Context, state: StateStack) -> None:
        super().__init__(
            scope,
            LINE_STACK,
            stack_name=context.stack_name(LINE_STACK),
            description="PromptOps: functions, release workflow, API, schedules and alarms",
        )
        oncall = OnCall(self, "OnCall", context)
        api = Api(self, "Api", context)
        sign_in = SignIn(
            self,
            "SignIn",
            prefix=context.prefix,
            target=context.target,
            pool=state.approvers.pool,
            page_url=api.url,
        )
        if context.mail_from:
            Mail(self, "Mail", sender=context.mail_from)
        dead_letters = DeadLetters(self, "DeadLetters")
        functions = Functions(
            self,
            "Functions",
            context,
            state,
            api=api,
            sign_in=sign_in,
            oncall=oncall,
            session_key=_session_key(self, context),
            dead_letters=dead_letters,
        )
        api.connect(functions.by_verb, functions.promotes)
        workflow = Workflow(self, "Workflow", context, functions)
        Schedules(
            self,
            "Schedules",
            promotes=functions.promotes,
            publish=functions.by_verb["publish"],
            dead_letters=dead_letters,
        )
        Accelerators(
            self,
            "Accelerators",
            prefix=context.prefix,
            promotes=functions.promotes,
            streams={name: ledger.stream_arn for name, ledger in state.ledgers.items()},
            dead_letters=dead_letters,
        )
        SettingsParameters(self, "Settings", context, state, api=api, workflow=workflow)
        Alarms(
            self,
            "Alarms",
            prefix=context.prefix,
            functions=functions.all,
            reconcilers=functions.promotes,
            api_id=api.id,
            state_machine_arn=workflow.arn,
            dead_letters=dead_letters,
            topic=oncall.alarms,
        )
        dashboards = Dashboards(
            self,
            "Dashboards",
            context,
            functions=functions.all,
            state_machine_arn=workflow.arn,
            dead_letters=dead_letters,
        )
        kit = AccessKit(self, "AccessKit", context, state, api=api, oncall=oncall, dead_letters=dead_letters)
        tag(self, context, "line")

        outputs = {
            "ApiUrl": api.url,
            "ApprovalPageUrl": f"{api.url}/approvals",
            "UserPoolClientId": sign_in.client_id,
            "StateMachineArn": workflow.arn,
            "OnCallTopicArn": oncall.alarms.topic_arn,
            "ApprovalTopicArn": oncall.approvals.topic_arn,
            "DeadLetterQueueUrl": dead_letters.queue_url,
            "DashboardName": dashboards.name,
            **{f"Policy{kind}": policy.managed_policy_arn for kind, policy in kit.policies.items()},
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


def _session_key(scope: Construct, context: Context) -> kms.Key:
    """What sessions of the approval page are sealed with; its bytes never leave KMS."""
    return kms.Key(
        scope,
        "SessionKey",
        description=f"{context.prefix}: sessions of the approval page",
        key_spec=kms.KeySpec.HMAC_256,
        key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
        pending_window=Duration.days(7),
        removal_policy=RemovalPolicy.DESTROY,
    )
