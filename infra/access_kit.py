"""The access kit: managed policies to attach to people, pipelines and applications."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import arns
from infra.api import Api
from infra.context import Context
from infra.oncall import OnCall
from infra.permissions import allow, index, read_objects, read_prompts
from infra.state_stack import StateStack
from promptops.contract import names
from promptops.contract.names import LedgerKeys
from promptops.contract.routes import ROUTES

#: Copies of every audit row, and the evidence of drills.
ARCHIVE = "archive/*.json"
_READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")


class AccessKit(Construct):
    """`policies`: one for each kind of work, by its name. Nobody gets more by having two jobs."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        context: Context,
        state: StateStack,
        *,
        api: Api,
        oncall: OnCall,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, id)
        self._context, self._state, self._api = context, state, api
        look = self._look()
        records = read_objects(state, names.release_record_key("*", "*", "*"), ARCHIVE)
        resolve = arns.function(context.prefix, "resolve")
        kinds = {
            "Reader": [
                *read_prompts(context, state),
                allow(["lambda:InvokeFunction"], [resolve]),
                self._call("Reader"),
            ],
            "Author": [*look, self._call("Author")],
            "Approver": [*look, self._call("Approver")],
            "OnCall": [*look, *records, *self._watch(oncall, dead_letters), self._call("OnCall")],
            "Auditor": [
                *look,
                *records,
                allow(
                    ["ssm:GetParameterHistory"],
                    [arns.parameter(names.pointer_parameter(context.prefix, "*", "*"))],
                ),
            ],
            "Ci": [*look, self._call("Ci")],
        }
        self.policies = {
            kind: iam.ManagedPolicy(
                self,
                kind,
                path=f"/{context.prefix}/",
                statements=statements,
                description=f"{context.prefix}: what the work of {kind} needs",
            )
            for kind, statements in kinds.items()
        }

    def _call(self, kind: str) -> iam.PolicyStatement:
        return allow(
            ["execute-api:Invoke"],
            [
                arns.route(self._api.id, route, environment)
                for route in ROUTES
                if kind in route.policies
                # One line for all environments: a policy has at most 6,144 characters, nobody has only one.
                for environment in ("*" if route.per_environment else "",)
            ],
        )

    def _look(self) -> list[iam.PolicyStatement]:
        """Versions, releases, requests, reports: everything but evaluation data and task tokens."""
        prefix = self._context.prefix
        parameters = [
            names.installation_parameter(prefix),
            names.people_parameter(prefix),
            names.settings_parameter(prefix, "*"),
            names.pointer_parameter(prefix, "*", "*"),
        ]
        ledgers = [table.table_arn for table in self._state.ledgers.values()]
        return [
            allow(["ssm:GetParameter", "ssm:GetParameters"], [arns.parameter(name) for name in parameters]),
            allow([*_READ], [self._state.registry.table_arn, *ledgers]),
            allow(["dynamodb:Query"], [index(self._state.registry)]),
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=[*_READ],
                resources=ledgers,
                conditions={"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": LedgerKeys.token("*")[0]}},
            ),
            *read_objects(self._state, names.artifact_key("*", "*"), names.report_key("*", "*", "*")),
            allow(["states:DescribeExecution"], [arns.executions(prefix)]),
            # What `promptops doctor` looks at: may models be asked, is mail out of its sandbox, the release;
            # and what a rollback looks at when it is done: whether the model it went back to still lives.
            allow(
                ["bedrock:GetFoundationModelAvailability", "bedrock:GetFoundationModel", "ses:GetAccount"],
                ["*"],
            ),
            allow(["lambda:GetFunctionConfiguration"], [arns.function(prefix, "resolve")]),
        ]

    def _watch(self, oncall: OnCall, dead_letters: sqs.IQueue) -> list[iam.PolicyStatement]:
        """Alarms and graphs, and what got lost: its alarm is over when the messages are gone."""
        return [
            allow(
                [
                    "cloudwatch:DescribeAlarms",
                    "cloudwatch:DescribeAlarmHistory",
                    "cloudwatch:GetMetricData",
                    "cloudwatch:ListMetrics",
                    "cloudwatch:GetDashboard",
                    "cloudwatch:ListDashboards",
                ],
                ["*"],
            ),
            allow(["sns:Subscribe"], [oncall.alarms.topic_arn]),
            allow(
                ["sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:DeleteMessage"],
                [dead_letters.queue_arn],
            ),
        ]
