"""The registry table with its index, as the state stack makes it."""

from __future__ import annotations

from typing import Any

from promptops.contract.names import RegistryKeys


def create_registry_table(client: Any, name: str = "registry") -> None:
    names = ("prompt_id", "version", "listed")
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": text, "AttributeType": "S"} for text in names],
        KeySchema=_keys("prompt_id", "version"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": RegistryKeys.LISTING,
                "KeySchema": _keys("listed", "prompt_id"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]
