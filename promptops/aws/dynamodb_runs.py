"""How far evaluations have come and what they spent: two kinds of rows in the registry table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from promptops.aws.dynamodb_items import value
from promptops.aws.dynamodb_registry_rows import RegistryRows, key_item, number
from promptops.aws.dynamodb_transaction import Sleep, attempts, transact
from promptops.aws.error_mapping import mapped
from promptops.contract.names import RegistryKeys
from promptops.domain.errors import Throttled
from promptops.evaluation_ports import RunStatus

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

#: One answer may cost less than a thousandth of a cent.
_MICRO = 1_000_000


class DynamoDbRuns:
    """Counters that many functions add to at a time; every read is strongly consistent."""

    def __init__(self, table: str, client: DynamoDBClient, *, sleep: Sleep = time.sleep) -> None:
        self._table = table
        self._client = client
        self._sleep = sleep
        self._rows = RegistryRows(table, client, sleep=sleep)

    def begin(self, evaluation_id: str, cases: int) -> None:
        """So many cases are to be measured; harmless when it has begun."""
        with mapped("dynamodb:UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key=key_item(RegistryKeys.run(evaluation_id)),
                UpdateExpression="SET cases = if_not_exists(cases, :cases)",
                ExpressionAttributeValues={":cases": value(cases)},
            )

    def add(self, evaluation_id: str, day: str, *, done: int, passed: int, spent_usd: float) -> None:
        """To the run and to the day, in one; raises Throttled while others are in the way."""
        spent = value(round(spent_usd * _MICRO))
        items = [
            self._added(
                RegistryKeys.run(evaluation_id),
                "ADD done :done, passed :passed, spent_microusd :spent",
                {":done": value(done), ":passed": value(passed), ":spent": spent},
            ),
            self._added(RegistryKeys.spend(day), "ADD spent_microusd :spent", {":spent": spent}),
        ]
        for _ in attempts(self._sleep):
            if transact(self._client, items) is None:
                return
        raise Throttled("others are counting too", "Nothing was added; try again.")

    def status(self, evaluation_id: str) -> RunStatus | None:
        """None where it has not begun."""
        item = self._rows.get(RegistryKeys.run(evaluation_id))
        if not item:
            return None
        return RunStatus(
            cases=number(item, "cases"),
            done=number(item, "done"),
            passed=number(item, "passed"),
            spent_usd=number(item, "spent_microusd") / _MICRO,
        )

    def spent_on(self, day: str) -> float:
        """US dollars; 0 on a day without evaluations."""
        return number(self._rows.get(RegistryKeys.spend(day)), "spent_microusd") / _MICRO

    def _added(self, key: tuple[str, str], update: str, values: dict[str, Any]) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table,
                "Key": key_item(key),
                "UpdateExpression": update,
                "ExpressionAttributeValues": values,
            }
        }
