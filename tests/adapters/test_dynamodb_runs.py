"""Promises of the counters: nothing is lost between functions, and no prompt's row is disturbed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.aws.dynamodb_audit import DynamoDbRegistryTrail
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.dynamodb_runs import DynamoDbRuns
from promptops.contract.names import RegistryKeys
from promptops.domain.errors import InvalidPromptId, Throttled
from promptops.domain.identifiers import check_prompt_id
from promptops.evaluation_ports import RunStatus
from tests.adapters.registry_table import create_registry_table

DAY = "2026-03-01"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_registry_table(client)
        yield client


@pytest.fixture
def runs(client: Any) -> DynamoDbRuns:
    return DynamoDbRuns("registry", client, sleep=lambda seconds: None)


def test_a_run_counts_from_its_beginning_and_a_day_from_zero(runs: DynamoDbRuns):
    assert runs.status("r1") is None
    assert runs.spent_on(DAY) == 0

    runs.begin("r1", 100)
    runs.add("r1", DAY, done=10, passed=7, spent_usd=0.25)
    runs.add("r1", DAY, done=10, passed=10, spent_usd=0.5)

    assert runs.status("r1") == RunStatus(cases=100, done=20, passed=17, spent_usd=0.75)
    assert runs.spent_on(DAY) == 0.75


def test_beginning_again_changes_nothing(runs: DynamoDbRuns):
    runs.begin("r1", 100)
    runs.add("r1", DAY, done=10, passed=7, spent_usd=0.25)

    runs.begin("r1", 5)

    assert runs.status("r1") == RunStatus(100, 10, 7, 0.25)


def test_a_day_adds_up_all_runs_and_no_other_day(runs: DynamoDbRuns):
    runs.add("r1", DAY, done=1, passed=1, spent_usd=0.25)
    runs.add("r2", DAY, done=1, passed=1, spent_usd=0.5)
    runs.add("r2", "2026-03-02", done=1, passed=1, spent_usd=4)

    assert (runs.spent_on(DAY), runs.spent_on("2026-03-02")) == (0.75, 4)


def test_millionths_of_a_dollar_are_not_lost(runs: DynamoDbRuns):
    for _ in range(10):
        runs.add("r1", DAY, done=1, passed=1, spent_usd=0.000_001)

    assert runs.spent_on(DAY) == 0.000_01


def test_run_and_day_are_added_to_together_or_not_at_all(client: Any, runs: DynamoDbRuns):
    sent = []
    client.meta.events.register("before-call.dynamodb.*", lambda model, **_: sent.append(model.name))

    runs.add("r1", DAY, done=1, passed=1, spent_usd=1)

    assert sent == ["TransactWriteItems"]


def test_others_in_the_way_are_waited_for_and_then_named(client: Any, monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []
    busy = client.exceptions.TransactionCanceledException(
        {"Error": {"Code": "x"}, "CancellationReasons": [{"Code": "TransactionConflict"}]},
        "TransactWriteItems",
    )

    def refused(**_: object) -> None:
        raise busy

    monkeypatch.setattr(client, "transact_write_items", refused)

    with pytest.raises(Throttled, match="others are counting"):
        DynamoDbRuns("registry", client, sleep=waits.append).add("r1", DAY, done=1, passed=1, spent_usd=1)
    assert len(waits) == 5


def test_only_the_attributes_its_role_may_touch_are_written(client: Any, runs: DynamoDbRuns):
    runs.begin("r1", 100)
    runs.add("r1", DAY, done=1, passed=1, spent_usd=1)

    rows = client.scan(TableName="registry")["Items"]

    assert {row["prompt_id"]["S"] for row in rows} == {RegistryKeys.RUNS, RegistryKeys.SPEND}
    assert {name for row in rows for name in row} == {"prompt_id", "version", *RegistryKeys.COUNTED}


def test_no_prompt_is_found_in_these_rows(client: Any, runs: DynamoDbRuns):
    runs.begin("r1", 100)
    runs.add("r1", DAY, done=1, passed=1, spent_usd=1)
    registry = DynamoDbRegistry("registry", client)

    assert registry.families().items == []
    assert registry.revocations() == []
    assert DynamoDbRegistryTrail("registry", client, registry).prompt_ids() == []


@pytest.mark.parametrize("partition", [RegistryKeys.RUNS, RegistryKeys.SPEND])
def test_no_prompt_can_have_such_an_id(partition: str):
    with pytest.raises(InvalidPromptId):
        check_prompt_id(partition)
