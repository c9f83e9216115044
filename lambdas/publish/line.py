"""What publish does, joined to AWS once at start."""

from __future__ import annotations

import os
from functools import partial

import boto3

from promptops.aws.clock import SystemClock
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_evaluation import S3Datasets
from promptops.aws.sdk_shapes import knowing
from promptops.contract.settings import PublishSettings
from promptops.stages.publish import publish
from promptops.stages.validate import validate_version

SETTINGS = PublishSettings.from_env(os.environ)
S3 = knowing(boto3.client("s3"), "PutObject", "IfNoneMatch", "ChecksumAlgorithm")

registry = DynamoDbRegistry(SETTINGS.registry_table, boto3.client("dynamodb"))
artifacts = S3Artifacts(SETTINGS.artifact_bucket, S3)
publish_source = partial(
    publish,
    registry=registry,
    artifacts=artifacts,
    datasets=S3Datasets(SETTINGS.evaluation_bucket, S3),
    clock=SystemClock(),
)
validate_again = partial(validate_version, registry=registry, artifacts=artifacts)
