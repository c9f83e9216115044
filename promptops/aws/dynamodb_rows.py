"""Rows of one ledger table: keys, the document, and beside it what conditions need."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from promptops.aws import dynamodb_stored as stored
from promptops.aws.dynamodb_batch import get_items
from promptops.aws.dynamodb_items import Item, document_of, to_item, value
from promptops.aws.dynamodb_transaction import Sleep
from promptops.aws.error_mapping import mapped
from promptops.domain.canonical import canonical

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Key = tuple[str, str]
KEYS = ("pk", "sk")
#: The condition under which a row is the first one of its key.
NEW = "attribute_not_exists(pk)"


class Rows:
    """One ledger table; every read is strongly consistent."""

    def __init__(self, table: str, client: DynamoDBClient, *, sleep: Sleep = time.sleep) -> None:
        self.table = table
        self.client = client
        self.sleep = sleep

    def get(self, key: Key) -> dict[str, Any] | None:
        """The row's document, None where there is no row."""
        with mapped("dynamodb:GetItem"):
            found = self.client.get_item(TableName=self.table, Key=key_item(key), ConsistentRead=True)
        return document_of(found["Item"]) if "Item" in found else None

    def get_many(self, keys: Sequence[Key]) -> list[dict[str, Any]]:
        """The documents of the rows there are, in no order."""
        return [document_of(item) for item in self.get_items(keys)]

    def get_items(self, keys: Sequence[Key]) -> list[Item]:
        """The rows there are, in no order."""
        wanted = [key_item(key) for key in dict.fromkeys(keys)]
        return get_items(self.client, self.table, wanted, sleep=self.sleep)

    def query(
        self, partition: str, *, since: str = "", newest_first: bool = False, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """The documents of a partition in the order of their sort keys, from `since` on if it is given."""
        found = self.items(partition, since=since, newest_first=newest_first, limit=limit)
        return [document_of(item) for item in found]

    def items(
        self, partition: str, *, since: str = "", newest_first: bool = False, limit: int | None = None
    ) -> list[Item]:
        """The rows of a partition."""
        found = stored.partition(
            self.client, self.table, KEYS, partition, since=since, newest_first=newest_first, limit=limit
        )
        return list(found)

    def put(self, key: Key, document: Mapping[str, object], **attributes: str | int) -> None:
        with mapped("dynamodb:PutItem"):
            self.client.put_item(TableName=self.table, Item=row(key, document, **attributes))


def row(key: Key, document: Mapping[str, object], **attributes: str | int) -> Item:
    """The item of a document; `attributes` are what conditions compare."""
    return to_item(document, pk=key[0], sk=key[1], schema=1, **attributes)


def conditional_put(
    table: str, item: Item, condition: str = NEW, values: Mapping[str, str | int] | None = None
) -> dict[str, Any]:
    """An item of a transaction."""
    put: dict[str, Any] = {"TableName": table, "Item": item, "ConditionExpression": condition}
    if values:
        put["ExpressionAttributeValues"] = bound(values)
    return {"Put": put}


def text(document: Mapping[str, object]) -> str:
    """A row's `document` attribute."""
    return canonical(document).decode()


def key_item(key: Key) -> Item:
    return {"pk": value(key[0]), "sk": value(key[1])}


def bound(values: Mapping[str, str | int]) -> Item:
    """The values of an expression's placeholders."""
    return {name: value(content) for name, content in values.items()}
