"""The deployed function's own AWS calls, one by one: they are the protocol that the model check explores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest

from promptops.aws.clock import SystemClock
from promptops.aws.dynamodb_ledger import DynamoDbLedgers
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.contract.answers import Requested
from promptops.contract.bodies import PromoteBody
from promptops.contract.names import DEFAULT_PREFIX, function_name
from promptops.domain.people import Actor
from promptops.stages.request import request
from tests.e2e.calls import post
from tests.e2e.conftest import LocalAws
from tests.e2e.evaluating import evaluated
from tests.e2e.inside import installation
from tests.e2e.installing import started_by
from tests.e2e.releases import two_releases
from tests.faults.protocols import PROMOTE_CALLS, ROLLBACK_CALLS, Call, call_of
from tests.unit.fakes_release import FakeWorkflow

PROMPT = "recorded-calls"
PROMOTE = function_name(DEFAULT_PREFIX, "promote", "dev")
RECORDING = '''
"""promote as it is deployed; its answer also tells which AWS calls it made."""

import json

import boto3

CALLS = []
make = boto3.client


def client(service, **arguments):
    made = make(service, **arguments)

    def note(params, model, **_):
        told = {name: value for name, value in params.items() if name != "Body"}
        CALLS.append([made.meta.service_model.service_name, model.name, told])

    made.meta.events.register("provide-client-params", note)
    return made


boto3.client = client
from lambdas.promote.handler import handler as deployed


def handler(event, context):
    CALLS.clear()
    answer = deployed(event, context)
    calls = json.loads(json.dumps(CALLS, default=str))
    if "body" not in answer:
        return {**answer, "calls": calls}
    return {**answer, "body": json.dumps({**json.loads(answer["body"]), "calls": calls})}
'''


@pytest.fixture(scope="module")
def prompt(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A prompt with v1 and v2 released in dev, v2 being live and v1 being measured beside it."""
    two_releases(aws, tmp_path_factory.mktemp("prompts"), PROMPT)
    evaluated(aws, PROMPT, 1, against="dev")
    return PROMPT


def recording(aws: LocalAws) -> AbstractContextManager[None]:
    return started_by(aws, PROMOTE, "recording", RECORDING)


def requested(aws: LocalAws, version: str) -> str:
    """A request that has begun, and no workflow that would walk it."""
    place = installation(aws)
    dynamodb = aws.client("dynamodb")
    made = request(
        PromoteBody(PROMPT, version, "better again"),
        Actor("iam", "arn:aws:iam::000000000000:user/alice"),
        "dev",
        request_hours=1,
        registry=DynamoDbRegistry(place.registry_table, dynamodb),
        ledgers=DynamoDbLedgers(place.ledger_tables, dynamodb),
        workflow=FakeWorkflow(),
        clock=SystemClock(),
    )
    assert isinstance(made, Requested)
    assert aws.invoke(PROMOTE, {"task": "begin", "request_id": made.request_id})["evidence"] == "valid"
    return made.request_id


def protocol(calls: Sequence[Sequence[Any]]) -> list[Call]:
    """The recorded calls in the protocol's words; reads of what never changes are no part of it."""
    told = [call_of(service, operation, parameters) for service, operation, parameters in calls]
    return [call for call in told if call]


def transactions(calls: Sequence[Sequence[Any]]) -> list[Mapping[str, Any]]:
    return [parameters for _, operation, parameters in calls if operation == "TransactWriteItems"]


def test_a_promotion_makes_exactly_the_calls_of_the_model_check(aws: LocalAws, prompt: str):
    request_id = requested(aws, "v1")

    with recording(aws):
        answer = aws.invoke(PROMOTE, {"task": "promote", "request_id": request_id})

    assert (answer["version"], answer["projected"], answer["unchanged"]) == (1, True, False)
    assert protocol(answer["calls"]) == list(PROMOTE_CALLS)


def test_a_rollback_makes_exactly_the_calls_of_the_model_check_and_every_write_has_its_condition(
    aws: LocalAws, prompt: str
):
    with recording(aws):
        answer = post(aws, "/v1/dev/rollback", {"prompt_id": prompt, "reason": "worse"}, signed_by="carol")

    assert answer.status == 200
    assert protocol(answer.document["calls"]) == list(ROLLBACK_CALLS)
    (transaction,) = transactions(answer.document["calls"])
    actions = [action for item in transaction["TransactItems"] for action in item.values()]
    assert all(action.get("ConditionExpression") for action in actions)
