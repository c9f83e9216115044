"""The release workflow as a resource: its role, log and definition."""

from __future__ import annotations

import json

from aws_cdk import Aws
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra import arns
from infra.context import Context
from infra.functions import Functions
from infra.log_groups import log_group
from infra.permissions import allow
from infra.release_line import definition
from infra.roles import ServiceRole
from promptops.contract import names

#: What Step Functions needs to open the delivery of its log; these actions know no resource.
_LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
]
_TRACES = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
]


class Workflow(Construct):
    """Validate, evaluate, ask, promote; logs say what happened, never what was in it."""

    def __init__(self, scope: Construct, id: str, context: Context, functions: Functions) -> None:
        super().__init__(scope, id)
        serving = {verb.title(): functions.by_verb[verb].arn for verb in ("publish", "evaluate", "approve")}
        promotes = [function.arn for function in functions.promotes.values()]
        machine_name = names.state_machine_name(context.prefix)
        # Names under this prefix do not count against the length limit of the log's resource policy.
        logs = log_group(self, "Logs", context, name=f"/aws/vendedlogs/states/{machine_name}")
        role = ServiceRole(
            self,
            "Identity",
            prefix=context.prefix,
            name="release",
            service="states.amazonaws.com",
            statements=[
                allow(["lambda:InvokeFunction"], [*serving.values(), *promotes]),
                allow([*_LOG_DELIVERY, *_TRACES], ["*"]),
            ],
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
        self.machine = stepfunctions.CfnStateMachine(
            self,
            "StateMachine",
            state_machine_name=machine_name,
            state_machine_type="STANDARD",
            role_arn=role.arn,
            definition_string=json.dumps(
                definition(
                    concurrency=context.evaluation_concurrency,
                    approval_hours=context.approval_hours,
                    total_hours=context.request_hours + context.approval_hours,
                )
            ),
            definition_substitutions={
                "Promote": arns.function(context.prefix, "promote"),
                **serving,
            },
            logging_configuration=stepfunctions.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=False,
                destinations=[
                    stepfunctions.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=stepfunctions.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=logs.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=stepfunctions.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        self.machine.node.add_dependency(role.policy)
        self.arn = self.machine.attr_arn
