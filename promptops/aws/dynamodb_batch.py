"""Many rows of one table in few calls."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from promptops.aws.dynamodb_items import Item
from promptops.aws.dynamodb_transaction import Sleep, attempts
from promptops.aws.error_mapping import mapped
from promptops.domain.errors import Throttled

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

#: What BatchGetItem takes at once.
MAX_BATCH_KEYS = 100


def get_items(
    client: DynamoDBClient, table: str, keys: Sequence[Item], *, sleep: Sleep = time.sleep
) -> list[Item]:
    """The rows there are, in no order, strongly consistent; each key may be there once."""
    found: list[Item] = []
    left = iter(keys)
    while some := list(islice(left, MAX_BATCH_KEYS)):
        found += _batch(client, table, some, sleep)
    return found


def _batch(client: DynamoDBClient, table: str, keys: Sequence[Item], sleep: Sleep) -> list[Item]:
    found: list[Item] = []
    left: Mapping[str, Any] = {table: {"Keys": keys, "ConsistentRead": True}}
    for _ in attempts(sleep):
        with mapped("dynamodb:BatchGetItem"):
            answer = client.batch_get_item(RequestItems=left)
        found += [dict(item) for item in answer["Responses"].get(table, [])]
        left = answer.get("UnprocessedKeys") or {}
        if not left:
            return found
    raise Throttled(f"{table} is busy", "Try again.")
