"""Rows of the registry table: their keys, and the version or family in them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from promptops.aws import dynamodb_stored as stored
from promptops.aws.dynamodb_batch import get_items
from promptops.aws.dynamodb_items import Item, attribute, document_of, value
from promptops.aws.dynamodb_transaction import Sleep
from promptops.aws.error_mapping import mapped
from promptops.domain.report import Evidence
from promptops.domain.version import Family, VersionRecord

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Key = tuple[str, str]
KEYS = ("prompt_id", "version")
#: The condition under which a row is the first one of its key.
NEW = "attribute_not_exists(prompt_id)"
THERE = "attribute_exists(prompt_id)"


class RegistryRows:
    """The registry table; every read is strongly consistent."""

    def __init__(self, table: str, client: DynamoDBClient, *, sleep: Sleep = time.sleep) -> None:
        self.table = table
        self.client = client
        self.sleep = sleep

    def get(self, key: Key) -> Item:
        """The row, empty where there is none."""
        with mapped("dynamodb:GetItem"):
            found = self.client.get_item(TableName=self.table, Key=key_item(key), ConsistentRead=True)
        return dict(found.get("Item", {}))

    def get_many(self, keys: Iterable[Key]) -> list[Item]:
        """The rows there are, in no order."""
        items = [key_item(key) for key in dict.fromkeys(keys)]
        return get_items(self.client, self.table, items, sleep=self.sleep)

    def newest_first(self, partition: str, begins_with: str = "") -> Iterator[Item]:
        """The rows of a partition whose sort key begins so, from its end."""
        return stored.partition(
            self.client, self.table, KEYS, partition, begins=begins_with, newest_first=True
        )


def key_item(key: Key) -> Item:
    return {"prompt_id": value(key[0]), "version": value(key[1])}


def record_from(item: Item) -> VersionRecord:
    evidence = attribute(item, "evidence")
    return VersionRecord.from_dict(
        document_of(item),
        evidence=Evidence(**json.loads(evidence)) if evidence else None,
        revoked_reason=attribute(item, "revoked"),
    )


def family_from(item: Item) -> Family:
    return Family(
        prompt_id=attribute(item, "prompt_id"),
        latest=number(item, "latest"),
        latest_source_sha256=attribute(item, "source_sha256"),
        owner=attribute(item, "owner"),
        description=attribute(item, "description"),
        tags=tuple(tag["S"] for tag in item["tags"]["L"]) if "tags" in item else (),
        archived=number(item, "archived"),
    )


def number(item: Item, name: str) -> int:
    """One whole number, 0 where the row has none."""
    return int(item[name]["N"]) if name in item else 0
