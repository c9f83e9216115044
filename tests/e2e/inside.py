"""What the deployed installation holds, seen with the rights of its account's root."""

from __future__ import annotations

from promptops.aws.dynamodb_ledger import DynamoDbLedgers
from promptops.aws.ssm_pointers import SsmPointers
from promptops.contract.names import DEFAULT_PREFIX, installation_parameter
from promptops.contract.settings import Installation
from promptops.domain.request import ReleaseRequest, environment_of
from promptops.ports import Ledger, Pointers
from tests.e2e.conftest import LocalAws


def installation(aws: LocalAws) -> Installation:
    value = aws.client("ssm").get_parameter(Name=installation_parameter(DEFAULT_PREFIX))
    return Installation.from_json(value["Parameter"]["Value"])


def ledger(aws: LocalAws, environment: str) -> Ledger:
    return DynamoDbLedgers(installation(aws).ledger_tables, aws.client("dynamodb"))[environment]


def pointers(aws: LocalAws, environment: str) -> Pointers:
    return SsmPointers(DEFAULT_PREFIX, environment, aws.client("ssm"))


def request_row(aws: LocalAws, request_id: str) -> ReleaseRequest:
    return ledger(aws, environment_of(request_id)).request(request_id)


def reports(aws: LocalAws, prompt_id: str) -> list[str]:
    """Keys of all evaluation reports of a prompt."""
    answer = aws.client("s3").list_objects_v2(
        Bucket=installation(aws).artifact_bucket, Prefix=f"reports/{prompt_id}/"
    )
    return [item["Key"] for item in answer.get("Contents", ())]
