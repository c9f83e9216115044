"""One function: its code, size, log group and identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.bundle import code
from infra.context import Context
from infra.log_groups import log_group
from infra.permissions import logs_and_traces
from infra.roles import ServiceRole
from promptops.contract.names import function_name
from promptops.contract.settings import Settings

# Published by AWS in every commercial Region; it carries Powertools with its compiled modules.
_POWERTOOLS = f"arn:aws:lambda:{Aws.REGION}:017000801446:layer:AWSLambdaPowertoolsPythonV3-python314-arm64:38"


@dataclass(frozen=True)
class Size:
    """Memory decides a function's share of a CPU too."""

    memory_mb: int
    timeout_seconds: int


#: Behind the API nothing may take longer than its 30 s; one chunk of an evaluation may.
SIZES: Mapping[str, Size] = {
    "publish": Size(512, 29),
    "evaluate": Size(512, 600),
    "promote": Size(512, 29),
    "approve": Size(512, 29),
    "resolve": Size(512, 10),
    "observe": Size(256, 10),
}


class Function(Construct):
    """A function with its log group and a role that holds the given statements and nothing else."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        context: Context,
        verb: str,
        *,
        settings: Settings,
        statements: list[iam.PolicyStatement],
        environment: str = "",
    ) -> None:
        super().__init__(scope, id)
        group = log_group(self, "Logs", context)
        name = f"{verb}-{environment}" if environment else verb
        self.role = ServiceRole(
            self,
            "Identity",
            prefix=context.prefix,
            name=name,
            service="lambda.amazonaws.com",
            statements=[*statements, *logs_and_traces(group.log_group_arn)],
        )
        size = SIZES[verb]
        self.name = function_name(context.prefix, verb, environment)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=self.name,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            code=code(verb),
            handler=f"lambdas.{verb}.handler.handler",
            layers=[lambda_.LayerVersion.from_layer_version_arn(self, "Powertools", _POWERTOOLS)],
            memory_size=size.memory_mb,
            timeout=Duration.seconds(size.timeout_seconds),
            environment={**settings.to_env(), "POWERTOOLS_SERVICE_NAME": verb},
            role=self.role.role,
            log_group=group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            tracing=lambda_.Tracing.ACTIVE,
        )
        self.function.node.add_dependency(self.role.policy)
        self.arn = self.function.function_arn
