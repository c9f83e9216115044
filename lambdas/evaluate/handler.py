"""evaluate: the workflow's tasks plan, chunk and report."""

from __future__ import annotations

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from promptops.aws.bedrock_model import BedrockModel, bedrock_client
from promptops.aws.clock import SystemClock
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_evaluation import S3ChunkResults, S3Datasets
from promptops.aws.s3_reports import S3Reports
from promptops.aws.sdk_shapes import knowing
from promptops.contract.messages import EvaluateTask, parse_task
from promptops.contract.settings import EvaluateSettings
from promptops.stages.evaluate import THREADS, Evaluation

logger = Logger(service="evaluate", log_uncaught_exceptions=True)
SETTINGS = EvaluateSettings.from_env(os.environ)
S3 = knowing(boto3.client("s3"), "PutObject", "IfNoneMatch")
EVALUATION = Evaluation(
    registry=DynamoDbRegistry(SETTINGS.registry_table, boto3.client("dynamodb")),
    artifacts=S3Artifacts(SETTINGS.artifact_bucket, S3),
    datasets=S3Datasets(SETTINGS.evaluation_bucket, S3),
    results=S3ChunkResults(SETTINGS.evaluation_bucket, S3),
    reports=S3Reports(SETTINGS.artifact_bucket, S3),
    model=BedrockModel(bedrock_client(THREADS)),
    clock=SystemClock(),
    model_kind=SETTINGS.model_kind,
    chunk_cases=int(SETTINGS.chunk_cases),
)
TASKS = {"plan": EVALUATION.plan, "chunk": EVALUATION.chunk, "report": EVALUATION.report}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return TASKS[parse_task(event, tuple(TASKS))](EvaluateTask.from_event(event)).to_dict()
