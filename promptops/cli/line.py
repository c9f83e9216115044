"""One installation, as the caller's own AWS credentials see it."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from promptops.cli.output import note
from promptops.contract.names import installation_parameter, people_parameter
from promptops.domain.errors import AccessRefused, InvalidUsage, NotInstalled, UnknownEnvironment, shown

if TYPE_CHECKING:
    import boto3

    from promptops.cli.api import Api
    from promptops.contract.settings import EnvironmentSettings, Installation
    from promptops.domain.artifact import Artifact
    from promptops.domain.people import People
    from promptops.domain.report import Evidence, Report
    from promptops.domain.version import VersionRecord
    from promptops.evaluation_ports import EvaluationRuns, PastEvaluations
    from promptops.ports import Ledgers, Pointers, Registry

CONNECT_SECONDS = 5
READ_SECONDS = 20
ATTEMPTS = 3
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def open_line(profile: str, region: str, prefix: str) -> Line:
    """The line to the installation with this prefix; nothing is asked of AWS before it is needed."""
    if not _PREFIX.fullmatch(prefix):
        raise InvalidUsage(f"{shown(prefix)} is not a prefix", "Use a-z, 0-9 and '-', at most 31 characters.")
    return Line(profile, region, prefix)


class Line:
    """What commands talk to; every part is made on first use."""

    def __init__(self, profile: str, region: str, prefix: str) -> None:
        self._profile = profile
        self._region = region
        self.prefix = prefix

    @cached_property
    def session(self) -> boto3.Session:
        from promptops.cli.session import open_session

        return open_session(self._profile, self._region)

    def client(self, service: Any, connections: int = 10) -> Any:
        """A client of an AWS service, with time limits and standard retries."""
        from botocore.config import Config

        retries: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries=retries,
            max_pool_connections=connections,
        )
        return self.session.client(service, config=config)

    @cached_property
    def installation(self) -> Installation:
        """Where everything is; raises NotInstalled."""
        from importlib.metadata import version

        from promptops.contract.settings import Installation

        name = installation_parameter(self.prefix)
        try:
            text = self._parameter(name)
        except AccessRefused as error:
            looked = f"this looked for {name} in {self.session.region_name}"
            fix = f"Ask for a policy of the stack's outputs, or check --region and --prefix: {looked}."
            raise AccessRefused(error.what, fix, **error.data) from error
        if text is None:
            raise NotInstalled(
                f"there is no parameter {name} in this account in {self.session.region_name}",
                "Check --profile, --region and --prefix; platform engineers install with make deploy.",
            )
        try:
            found = Installation.from_json(text)
        except (ValueError, TypeError) as error:
            fix = "Deploy the stack again, or upgrade promptops."
            raise NotInstalled(f"the parameter {name} cannot be read", fix) from error
        if found.release != (release := version("promptops")):
            note(f"This promptops is {release}, the stack {found.release}: upgrade the older of the two.")
        return found

    @cached_property
    def people(self) -> People:
        import json

        from promptops.domain.people import People

        return People.from_list(json.loads(self._parameter(people_parameter(self.prefix)) or "[]"))

    def environment(self, name: str) -> str:
        """The same name, if the installation has it; raises UnknownEnvironment."""
        known = self.installation.environments
        if name not in known:
            raise UnknownEnvironment(f"unknown environment {shown(name)}", f"Known: {', '.join(known)}.")
        return name

    @cached_property
    def api(self) -> Api:
        return self._api(self.installation.api_url, self.installation.region)

    def api_for(self, environment: str) -> Api:
        """The same API as applications find it: a reader's policy is enough."""
        settings = self.settings(environment)
        return self._api(settings.api_url, settings.region)

    def settings(self, environment: str) -> EnvironmentSettings:
        """What applications know of an environment; raises NotInstalled or UnknownEnvironment."""
        from promptops.client.prompt_client import read_settings

        try:
            return read_settings(self._ssm, self.prefix, environment)
        except NotInstalled:
            self.environment(environment)
            raise

    def pointers(self, environment: str) -> Pointers:
        from promptops.aws.ssm_pointers import SsmPointers

        return SsmPointers(self.prefix, environment, self._ssm)

    @cached_property
    def registry(self) -> Registry:
        from promptops.aws.dynamodb_registry import DynamoDbRegistry

        return DynamoDbRegistry(self.installation.registry_table, self._dynamodb)

    @cached_property
    def ledgers(self) -> Ledgers:
        from promptops.aws.dynamodb_ledger import DynamoDbLedgers

        tables = self.installation.ledger_tables
        ordered = {name: tables[name] for name in self.installation.environments}
        return DynamoDbLedgers(ordered, self._dynamodb)

    @cached_property
    def runs(self) -> EvaluationRuns:
        from promptops.aws.dynamodb_runs import DynamoDbRuns

        return DynamoDbRuns(self.installation.registry_table, self._dynamodb)

    def artifact(self, record: VersionRecord) -> Artifact:
        """A version's verified artifact."""
        from promptops.aws.s3_reader import S3ArtifactReader

        reader = S3ArtifactReader(self.installation.artifact_bucket, self._s3)
        return reader.read(record.ref.prompt_id, record.ref.version, record.sha256)

    def report(self, evidence: Evidence) -> Report:
        """The evaluation report that is linked; raises EvidenceMismatch."""
        from promptops.aws.s3_reports import S3Reports

        return S3Reports(self.installation.artifact_bucket, self._s3).load(evidence)

    @cached_property
    def past_evaluations(self) -> PastEvaluations:
        from promptops.aws.s3_past_evaluations import S3PastEvaluations

        return S3PastEvaluations(self.installation.artifact_bucket, self._s3)

    def execution_status(self, arn: str) -> str:
        """Of a run of the release workflow: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        from promptops.aws.error_mapping import mapped

        with mapped("states:DescribeExecution"):
            return str(self._states.describe_execution(executionArn=arn)["status"])

    def _api(self, url: str, region: str) -> Api:
        from promptops.cli.api import Api
        from promptops.cli.transport import sender

        ca_bundle = self.session._session.get_config_variable("ca_bundle")
        credentials: Any = self.session.get_credentials()
        return Api(url, region, credentials, send=sender(url, ca_bundle))

    @cached_property
    def _states(self) -> Any:
        return self.client("stepfunctions")

    @cached_property
    def _dynamodb(self) -> Any:
        return self.client("dynamodb")

    @cached_property
    def _s3(self) -> Any:
        return self.client("s3")

    @cached_property
    def _ssm(self) -> Any:
        return self.client("ssm")

    def _parameter(self, name: str) -> str | None:
        from promptops.aws.error_mapping import mapped

        try:
            with mapped("ssm:GetParameter"):
                return str(self._ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except self._ssm.exceptions.ParameterNotFound:
            return None
