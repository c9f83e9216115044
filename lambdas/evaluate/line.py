"""What evaluates, joined to AWS and to the models once at start."""

from __future__ import annotations

import os

import boto3

from promptops.asking.pace import Pace
from promptops.asking.run import Asking
from promptops.asking.spend import Caps
from promptops.aws.bedrock import Bedrock
from promptops.aws.clock import SystemClock
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.dynamodb_runs import DynamoDbRuns
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_evaluation import S3ChunkResults, S3Datasets
from promptops.aws.s3_reports import S3Reports
from promptops.aws.sdk_shapes import knowing
from promptops.aws.secret_text import SecretText
from promptops.contract.asked_models import AskedEndpoint
from promptops.contract.settings import EvaluateSettings
from promptops.domain.evaluation.prices import PriceTable
from promptops.evaluation_ports import Provider
from promptops.measure import THREADS
from promptops.models.by_provider import ByProvider
from promptops.models.endpoint import Endpoint
from promptops.models.openai_compatible import OpenAiCompatible
from promptops.stages.evaluate import Evaluation
from promptops.subject import Subjects

SETTINGS = EvaluateSettings.from_env(os.environ)
S3 = knowing(boto3.client("s3"), "PutObject", "IfNoneMatch")
DYNAMODB = boto3.client("dynamodb")

registry = DynamoDbRegistry(SETTINGS.registry_table, DYNAMODB)


def _provider(endpoint: AskedEndpoint) -> Provider:
    secret = SecretText.of(endpoint.secret_arn)
    asked = Endpoint(endpoint.name, endpoint.url, secret, frozenset(endpoint.models))
    return OpenAiCompatible(asked, connections=THREADS)


evaluation = Evaluation(
    subjects=Subjects(
        registry=registry,
        artifacts=S3Artifacts(SETTINGS.artifact_bucket, S3),
        datasets=S3Datasets(SETTINGS.evaluation_bucket, S3),
    ),
    registry=registry,
    results=S3ChunkResults(SETTINGS.evaluation_bucket, S3),
    reports=S3Reports(SETTINGS.artifact_bucket, S3),
    runs=DynamoDbRuns(SETTINGS.registry_table, DYNAMODB),
    asking=Asking(
        ByProvider(
            {
                "bedrock": Bedrock(THREADS),
                **{endpoint.name: _provider(endpoint) for endpoint in SETTINGS.asked_endpoints},
            }
        ),
        prices=PriceTable({model.name: model.price for model in SETTINGS.asked_models if model.price}),
        caps=Caps(SETTINGS.run_cap_usd, SETTINGS.day_cap_usd),
        # Each of the functions at work on one evaluation takes its share of the turns.
        pace=Pace(
            {
                model.name: model.requests_per_minute / int(SETTINGS.concurrency)
                for model in SETTINGS.asked_models
                if model.requests_per_minute
            }
        ),
    ),
    clock=SystemClock(),
    kind_of=SETTINGS.kind_of,
    chunk_cases=int(SETTINGS.chunk_cases),
)
