"""What publish does, joined to AWS once at start."""

from __future__ import annotations

import os
from functools import partial

import boto3

from promptops.aws.clock import SystemClock
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_archive import S3Archive
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_evaluation import S3Datasets
from promptops.aws.sdk_shapes import knowing
from promptops.contract.settings import PublishSettings
from promptops.stages.publish import publish
from promptops.stages.sweep import sweep
from promptops.stages.upload_dataset import upload
from promptops.stages.validate import validate_version

SETTINGS = PublishSettings.from_env(os.environ)
S3 = knowing(boto3.client("s3"), "PutObject", "IfNoneMatch", "ChecksumAlgorithm")

registry = DynamoDbRegistry(SETTINGS.registry_table, boto3.client("dynamodb"))
artifacts = S3Artifacts(SETTINGS.artifact_bucket, S3)
datasets = S3Datasets(SETTINGS.evaluation_bucket, S3)
archive = S3Archive(SETTINGS.artifact_bucket, S3)
publish_source = partial(
    publish,
    registry=registry,
    artifacts=artifacts,
    datasets=datasets,
    archive=archive,
    clock=SystemClock(),
)
upload_dataset = partial(upload, datasets=datasets)
validate_again = partial(validate_version, registry=registry, artifacts=artifacts)


def archive_all() -> dict[str, object]:
    """What was copied; an error fails the call after all else is copied, so that an alarm tells of it."""
    swept = sweep(registry=registry, archive=archive)
    if swept.errors:
        raise swept.errors[0]
    return swept.to_dict()
