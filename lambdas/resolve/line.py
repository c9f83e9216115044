"""What resolve does, joined to AWS once at start: SSM and S3, nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping

import boto3

from promptops.aws.s3_reader import S3ArtifactReader
from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.ssm_pointers import SsmPointers
from promptops.contract.bodies import ResolveBody
from promptops.contract.settings import ResolveSettings
from promptops.domain.errors import MalformedRequest, UnknownEnvironment, shown
from promptops.domain.resolved import described
from promptops.stages.resolve import Resolver

SETTINGS = ResolveSettings.from_env(os.environ)
SSM = boto3.client("ssm")
S3 = boto3.client("s3")

resolvers = {
    environment: Resolver(
        environment,
        pointers=SsmPointers(SETTINGS.prefix, environment, SSM),
        artifacts=S3ArtifactReader(SETTINGS.artifact_bucket, S3),
        records=S3ReleaseRecords(SETTINGS.artifact_bucket, environment, S3),
        ttl_seconds=float(SETTINGS.ttl_seconds),
    )
    for environment in SETTINGS.environments.split(",")
}


def resolve(body: ResolveBody) -> dict[str, object]:
    """The live version, rendered with the body's variables; raises what the resolver raises, and BadInput."""
    resolver = resolvers.get(str(body.environment))
    if resolver is None:
        raise UnknownEnvironment(
            f"unknown environment {shown(body.environment)}", f"Known: {', '.join(resolvers)}."
        )
    if not isinstance(body.variables, Mapping | None):
        raise MalformedRequest(f"variables is {shown(body.variables)}", "Send an object of names and values.")
    return described(resolver.resolve(body.prompt_id), body.variables)
