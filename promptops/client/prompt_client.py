"""The client applications keep for the life of their process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from promptops.aws.error_mapping import mapped
from promptops.aws.s3_reader import S3ArtifactReader
from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.ssm_pointers import SsmPointers
from promptops.client.prompt import Prompt
from promptops.contract.names import DEFAULT_PREFIX, settings_parameter
from promptops.contract.settings import EnvironmentSettings
from promptops.domain.errors import NotInstalled
from promptops.stages.resolve import Resolver

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

#: A refresh may take this long before the last known good version is served instead.
CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 3})


class PromptClient:
    """Live prompts of one environment.

        prompts = PromptClient(env="prod")
        prompt = prompts.get("support-ticket")
        bedrock.converse(**prompt.converse(ticket=text))

    Credentials, Region and endpoint come from AWS's own chain, or from the session given. Make one a process
    and share it between threads.
    """

    def __init__(
        self, env: str, *, prefix: str = DEFAULT_PREFIX, session: boto3.Session | None = None
    ) -> None:
        session = session or boto3.Session()
        ssm = session.client("ssm", config=CONFIG)
        s3 = session.client("s3", config=CONFIG)
        self.settings = read_settings(ssm, prefix, env)
        bucket = self.settings.artifact_bucket
        self._resolver = Resolver(
            env,
            pointers=SsmPointers(prefix, env, ssm),
            artifacts=S3ArtifactReader(bucket, s3),
            records=S3ReleaseRecords(bucket, env, s3),
            ttl_seconds=self.settings.ttl_seconds,
        )

    def get(self, prompt_id: str) -> Prompt:
        """The live version, from memory while it is fresh.

        Raises what `Resolver.resolve` raises: once a prompt was served, faults of AWS no longer raise.
        """
        return Prompt(self._resolver.resolve(prompt_id))


def read_settings(ssm: SSMClient, prefix: str, env: str) -> EnvironmentSettings:
    """What the stack says about one environment; raises NotInstalled where there is none."""
    name = settings_parameter(prefix, env)
    try:
        with mapped("ssm:GetParameter"):
            document = json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    except ssm.exceptions.ParameterNotFound as error:
        raise NotInstalled(
            f"there is no parameter {name} in this account and Region",
            "Check environment, prefix, AWS_PROFILE and AWS_REGION; platform engineers run make deploy.",
        ) from error
    fields = EnvironmentSettings.__dataclass_fields__
    return EnvironmentSettings(**{key: value for key, value in document.items() if key in fields})
