"""resolve for everyone who does not speak Python: POST /v1/resolve, or a direct invocation."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from promptops.aws.http_api import ApiCall, is_api_event, respond, respond_error
from promptops.aws.s3_reader import S3ArtifactReader
from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.ssm_pointers import SsmPointers
from promptops.contract.messages import ResolveBody
from promptops.contract.settings import ResolveSettings
from promptops.stages.resolve import Resolver, described

logger = Logger(service="resolve", log_uncaught_exceptions=True)
SETTINGS = ResolveSettings.from_env(os.environ)
SSM = boto3.client("ssm")
S3 = boto3.client("s3")


@lru_cache(maxsize=16)
def resolver(environment: str) -> Resolver:
    return Resolver(
        environment,
        pointers=SsmPointers(SETTINGS.prefix, environment, SSM),
        artifacts=S3ArtifactReader(SETTINGS.artifact_bucket, S3),
        records=S3ReleaseRecords(SETTINGS.artifact_bucket, environment, S3),
        ttl_seconds=float(SETTINGS.ttl_seconds),
    )


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if not is_api_event(event):
        return answer(ResolveBody.from_event(event))
    try:
        return respond(200, answer(ResolveBody.from_event(ApiCall.from_event(event).body)))
    except Exception as error:
        return respond_error(error)


def answer(body: ResolveBody) -> dict[str, object]:
    return described(resolver(body.environment).resolve(body.prompt_id), body.variables)
