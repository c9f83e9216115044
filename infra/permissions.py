"""What each function may do, statement by statement; nothing else gives them permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from infra import arns
from infra.context import Context
from infra.state_stack import StateStack
from promptops.contract import names
from promptops.contract.names import LedgerKeys, RegistryKeys

_GET, _QUERY, _CHECK = "dynamodb:GetItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"
_BATCH = "dynamodb:BatchGetItem"
_WRITE = ("dynamodb:PutItem", "dynamodb:UpdateItem")


class Permissions:
    """The statements of every function's role."""

    def __init__(self, context: Context, state: StateStack) -> None:
        self._context = context
        self._state = state
        self._artifacts = state.artifacts.objects
        self._evaluation = state.evaluation_data.objects

    def publish(self, *, dead_letters_arn: str) -> list[iam.PolicyStatement]:
        """Write new versions, their copies and their cases; read what is published, never the cases."""
        kept = (names.artifact_key("*", "*"), names.archived_version_key("*", "*"))
        return [
            allow([_GET, _BATCH, *_WRITE], [self._state.registry.table_arn]),
            allow([_QUERY], [index(self._state.registry)]),
            *self._read_artifacts(*kept),
            allow(["s3:PutObject"], self._artifacts(*kept)),
            allow(["s3:PutObject"], self._evaluation(names.dataset_key("*"))),
            via_s3(["kms:GenerateDataKey"], self._state.artifacts.key, self._state.evaluation_data.key),
            # A function sends what it failed at itself, with its own role.
            allow(["sqs:SendMessage"], [dead_letters_arn]),
        ]

    def evaluate(self) -> list[iam.PolicyStatement]:
        """Read cases, ask the listed models, write reports; in the registry touch only the evidence."""
        return [
            allow([_GET], [self._state.registry.table_arn]),
            allow(
                ["dynamodb:UpdateItem"],
                [self._state.registry.table_arn],
                {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["prompt_id", "version", "evidence"]}},
            ),
            self._counting(),
            *self._read_artifacts(names.artifact_key("*", "*"), names.report_key("*", "*", "*")),
            allow(["s3:PutObject"], self._artifacts(names.report_key("*", "*", "*"))),
            allow(["s3:GetObject"], self._evaluation(names.dataset_key("*"), names.chunk_key("*", "*"))),
            allow(["s3:PutObject"], self._evaluation(names.chunk_key("*", "*"))),
            allow(["s3:ListBucket"], [self._state.evaluation_data.bucket.bucket_arn]),
            via_s3(["kms:GenerateDataKey"], self._state.artifacts.key),
            via_s3(["kms:GenerateDataKey", "kms:Decrypt"], self._state.evaluation_data.key),
            *self._models(),
            *self._endpoint_keys(),
        ]

    def promote(self, environment: str, *, dead_letters_arn: str) -> list[iam.PolicyStatement]:
        """Write one environment's ledger, release records, pointers and alarms; read what that depends on."""
        prefix = self._context.prefix
        pointers = arns.parameter(names.pointer_parameter(prefix, environment, "*"))
        alarms = arns.alarm(names.alarm_name(prefix, environment, "*", "*", "*"))
        kept = self._kept_by(environment)
        return [
            allow([_GET, _CHECK], [self._state.registry.table_arn]),
            *self._revocations(environment),
            allow([_GET, _BATCH, _QUERY, *_WRITE, _CHECK], [self._state.ledgers[environment].table_arn]),
            *hear_of(self._state.ledgers[environment].stream_arn),
            *self._other_ledgers(environment),
            *self._read_artifacts(names.artifact_key("*", "*"), names.report_key("*", "*", "*"), *kept),
            allow(["s3:PutObject"], self._artifacts(*kept)),
            via_s3(["kms:GenerateDataKey"], self._state.artifacts.key),
            allow(
                ["ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter", "ssm:GetParameterHistory"],
                [pointers],
            ),
            allow(
                ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource"], [alarms]
            ),
            allow(["cloudwatch:DescribeAlarms"], [arns.alarm("*")]),
            allow(["states:StartExecution"], [arns.state_machine(prefix)]),
            # A function sends what it failed at itself, with its own role.
            allow(["sqs:SendMessage"], [dead_letters_arn]),
        ]

    def approve(
        self, *, session_key: kms.IKey, topic_arn: str, topic_key: kms.IKey
    ) -> list[iam.PolicyStatement]:
        """Keep and decide approvals, wake the workflow, tell people; read what a decision is about."""
        ledgers = [ledger.table_arn for ledger in self._state.ledgers.values()]
        rows = (LedgerKeys.approval, LedgerKeys.request, LedgerKeys.token, LedgerKeys.open_approval)
        own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [row("*")[0] for row in rows]}}
        statements = [
            allow([_GET, _QUERY], [self._state.registry.table_arn, *ledgers]),
            # What is live is in the same tables, and the one function that is open to the network is this.
            allow(_WRITE, ledgers, own),
            *self._read_artifacts(names.artifact_key("*", "*"), names.report_key("*", "*", "*")),
            allow(["ssm:GetParameter"], [arns.parameter(names.people_parameter(self._context.prefix))]),
            allow(["kms:GenerateMac", "kms:VerifyMac"], [session_key.key_arn]),
            # A token only wakes the workflow; what was decided, the promote function reads for itself.
            allow(["states:SendTaskSuccess"], [arns.state_machine(self._context.prefix)]),
            allow(["cognito-idp:ListUsersInGroup"], [self._state.approvers.pool.user_pool_arn]),
            allow(["sns:Publish"], [topic_arn]),
            allow(["kms:GenerateDataKey", "kms:Decrypt"], [topic_key.key_arn]),
        ]
        if self._context.mail_from:
            # In the SES sandbox the recipients' identities are checked too: any of them, from one sender.
            sender = {"StringEqualsIfExists": {"ses:FromAddress": self._context.mail_from}}
            statements.append(allow(["ses:SendEmail"], ["*"], sender))
        return statements

    def resolve(self) -> list[iam.PolicyStatement]:
        """Read pointers, settings, artifacts and release records of all environments; write nothing."""
        return read_prompts(self._context, self._state)

    def observe(self) -> list[iam.PolicyStatement]:
        """Nothing: a log line is all it makes."""
        return []

    def _revocations(self, environment: str) -> list[iam.PolicyStatement]:
        """See what is revoked; in the highest environment also revoke, which is for all of them."""
        registry = [self._state.registry.table_arn]
        if environment != self._context.environment_names[-1]:
            listed = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [RegistryKeys.REVOKED]}}
            return [allow([_QUERY], registry, listed)]
        touched = ["prompt_id", "version", "revoked", "restrictions", "entry"]
        few = {"ForAllValues:StringEquals": {"dynamodb:Attributes": touched}}
        return [allow([_QUERY], registry), allow(["dynamodb:UpdateItem"], registry, few)]

    def _kept_by(self, environment: str) -> list[str]:
        """Keys of what an environment's promote function writes once: proofs of releases, and the archive."""
        revocations = [names.archived_revocation_key("*", "*")]
        return [
            names.release_record_key(environment, "*", "*"),
            names.archived_release_key(environment, "*", "*"),
            names.archived_freeze_key(environment, "*"),
            names.drill_key(environment, "*", "*"),
            *(revocations if environment == self._context.environment_names[-1] else []),
        ]

    def _other_ledgers(self, environment: str) -> list[iam.PolicyStatement]:
        others = {name: table.table_arn for name, table in self._state.ledgers.items() if name != environment}
        if not others:
            return []
        ordered = self._context.environment_names
        position = ordered.index(environment)
        checks = [allow([_CHECK], [others[ordered[position - 1]]])] if position else []
        return [allow([_GET], [*others.values()]), *checks]

    def _read_artifacts(self, *keys: str) -> list[iam.PolicyStatement]:
        return read_objects(self._state, *keys)

    def _counting(self) -> iam.PolicyStatement:
        """Count cases and dollars in rows of evaluations and days, which no prompt's id can name."""
        few = {
            "dynamodb:LeadingKeys": [RegistryKeys.RUNS, RegistryKeys.SPEND],
            "dynamodb:Attributes": ["prompt_id", "version", *RegistryKeys.COUNTED],
        }
        return allow(
            ["dynamodb:UpdateItem"], [self._state.registry.table_arn], {"ForAllValues:StringEquals": few}
        )

    def _endpoint_keys(self) -> list[iam.PolicyStatement]:
        """Read the keys of the listed endpoints, and no other secret."""
        endpoints = self._context.endpoints
        if not endpoints:
            return []
        secrets = [endpoint.secret_arn for endpoint in endpoints]
        keys = sorted({endpoint.key_arn for endpoint in endpoints if endpoint.key_arn})
        regions = sorted({key.split(":")[3] for key in keys})
        through = [f"secretsmanager.{region}.{Aws.URL_SUFFIX}" for region in regions]
        service = {"StringEquals": {"kms:ViaService": through}}
        return [
            allow(["secretsmanager:GetSecretValue"], secrets),
            *([allow(["kms:Decrypt"], keys, service)] if keys else []),
        ]

    def _models(self) -> list[iam.PolicyStatement]:
        resources = [arn for model in self._context.models for arn in arns.model(model)]
        return [allow(["bedrock:InvokeModel"], resources)] if resources else []


def logs_and_traces(log_group_arn: str) -> list[iam.PolicyStatement]:
    """What every function needs to be seen; `log_group_arn` ends in `:*`, its streams."""
    return [
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group_arn]),
        allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
    ]


def hear_of(stream_arn: str) -> list[iam.PolicyStatement]:
    """What Lambda needs to read a stream for a function, with that function's role."""
    return [
        allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream_arn]),
        allow(["dynamodb:ListStreams"], ["*"]),
    ]


def read_prompts(context: Context, state: StateStack) -> list[iam.PolicyStatement]:
    """What resolving needs: pointers, settings, artifacts and release records."""
    parameters = [
        arns.parameter(names.pointer_parameter(context.prefix, "*", "*")),
        arns.parameter(names.settings_parameter(context.prefix, "*")),
    ]
    keys = (names.artifact_key("*", "*"), names.release_record_key("*", "*", "*"))
    return [allow(["ssm:GetParameter", "ssm:GetParameters"], parameters), *read_objects(state, *keys)]


def read_objects(state: StateStack, *keys: str) -> list[iam.PolicyStatement]:
    """Read these keys of the artifact bucket; without ListBucket a missing one would look refused."""
    return [
        allow(["s3:GetObject", "s3:GetObjectVersion"], state.artifacts.objects(*keys)),
        allow(["s3:ListBucket"], [state.artifacts.bucket.bucket_arn]),
        via_s3(["kms:Decrypt"], state.artifacts.key),
    ]


def index(table: dynamodb.ITable) -> str:
    """Every index over a table."""
    return f"{table.table_arn}/index/*"


def via_s3(actions: Sequence[str], *keys: kms.IKey) -> iam.PolicyStatement:
    """Use of the keys through S3 only, never on their own."""
    service = {"StringEquals": {"kms:ViaService": f"s3.{Aws.REGION}.{Aws.URL_SUFFIX}"}}
    return allow(actions, [key.key_arn for key in keys], service)


def allow(
    actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=[*actions], resources=[*resources], conditions=conditions)
