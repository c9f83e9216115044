"""The one transaction that makes a version: its row and label, the family that counts it, its listings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from promptops.aws.dynamodb_items import Item, document_of, to_item, value
from promptops.aws.dynamodb_registry_rows import NEW, Key, RegistryRows, key_item
from promptops.aws.dynamodb_transaction import attempts, transact
from promptops.contract.names import RegistryKeys
from promptops.domain.errors import Immutable, Throttled
from promptops.domain.identifiers import PromptRef
from promptops.domain.label import label_taken
from promptops.domain.version import SCHEMA, Family, VersionRecord


def commit(rows: RegistryRows, record: VersionRecord, *, after: Family | None) -> bool:
    """Whether the row was added to the family as it was; False if the family moved on.

    Raises Immutable if another version has the label, Throttled while others are in the way.
    """
    ref = record.ref
    puts = [version_row(record)] + ([label_row(record)] if record.label else [])
    items = [
        *({"Put": {"TableName": rows.table, "Item": item, "ConditionExpression": NEW}} for item in puts),
        {"Update": _family(rows.table, record, after)},
        *({"Update": update} for update in _listings(rows.table, record, after)),
    ]
    for _ in attempts(rows.sleep):
        failed = transact(rows.client, items)
        # A reply that was lost looks exactly like a conflict: the row tells whose it is.
        if failed is None or _is_ours(rows, record):
            return True
        if record.label and 1 in failed:
            raise _taken(rows, record)
        if failed:
            return False
    raise Throttled(f"{ref.prompt_id} is being published by others", "Publish again.")


def labelled(rows: RegistryRows, prompt_id: str, label: str) -> tuple[PromptRef, str] | None:
    """The version that has this label, with its digest."""
    item = rows.get(RegistryKeys.label(prompt_id, label))
    if not item:
        return None
    document = document_of(item)
    return PromptRef(prompt_id, int(document["version"])), str(document["sha256"])


def _is_ours(rows: RegistryRows, record: VersionRecord) -> bool:
    item = rows.get(RegistryKeys.version(record.ref.prompt_id, record.ref.version))
    return bool(item) and document_of(item) == document_of(version_row(record))


def _taken(rows: RegistryRows, record: VersionRecord) -> Immutable:
    found = labelled(rows, record.ref.prompt_id, record.label)
    if found is None:
        raise AssertionError("a label was there a moment ago, and labels are never removed")
    return label_taken(record.label, *found, record.sha256)


def version_row(record: VersionRecord) -> Item:
    prompt_id, version = RegistryKeys.version(record.ref.prompt_id, record.ref.version)
    return to_item(
        record.to_dict(), prompt_id=prompt_id, version=version, sha256=record.sha256, owner=record.owner
    )


def label_row(record: VersionRecord) -> Item:
    prompt_id, label = RegistryKeys.label(record.ref.prompt_id, record.label)
    document = {
        "schema": SCHEMA,
        "label": record.label,
        "version": record.ref.version,
        "sha256": record.sha256,
    }
    return to_item(document, prompt_id=prompt_id, version=label)


def family_facts(record: VersionRecord) -> Item:
    """What a family's row takes from its newest version."""
    return {
        "latest": value(record.ref.version),
        "source_sha256": value(record.source_sha256),
        "listed": value(RegistryKeys.ALL),
        "owner": value(record.owner),
        "description": value(record.description),
        "tags": {"L": [value(tag) for tag in record.tags]},
    }


def _family(table: str, record: VersionRecord, after: Family | None) -> dict[str, Any]:
    facts = family_facts(record)
    return {
        "TableName": table,
        "Key": key_item(RegistryKeys.family(record.ref.prompt_id)),
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in facts),
        "ConditionExpression": "#latest = :seen" if after else "attribute_not_exists(#latest)",
        "ExpressionAttributeNames": {f"#{name}": name for name in facts},
        "ExpressionAttributeValues": {
            **{f":{name}": fact for name, fact in facts.items()},
            **({":seen": value(after.latest)} if after else {}),
        },
    }


def _listings(table: str, record: VersionRecord, after: Family | None) -> list[dict[str, Any]]:
    """What puts the family under its owner and tags, and takes it out where only its version before was."""
    now = listing_keys(record.ref.prompt_id, record.owner, record.tags)
    before = listing_keys(after.prompt_id, after.owner, after.tags) if after else []
    return [
        *(
            {
                "TableName": table,
                "Key": key_item(key),
                "UpdateExpression": "SET listed = :listed",
                "ExpressionAttributeValues": {":listed": value(key[1])},
            }
            for key in now
        ),
        *(
            {"TableName": table, "Key": key_item(key), "UpdateExpression": "REMOVE listed"}
            for key in before
            if key not in now
        ),
    ]


def listing_keys(prompt_id: str, owner: str, tags: Iterable[str]) -> list[Key]:
    """The rows by which a family is listed under its owner and tags."""
    owned = [RegistryKeys.owner(prompt_id, owner)] if owner else []
    return [*owned, *(RegistryKeys.tag(prompt_id, tag) for tag in dict.fromkeys(tags))]
