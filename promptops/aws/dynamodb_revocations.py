"""Revocations: a log for each prompt, the mark on the version's row, and a list of what is in force.

All of it is written with UpdateItem, into few attributes: a role may be given these rows and nothing more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from promptops.aws.dynamodb_items import Item, value
from promptops.aws.dynamodb_registry_rows import NEW, THERE, Key, RegistryRows, key_item
from promptops.aws.dynamodb_stored import ours
from promptops.aws.dynamodb_transaction import attempts, transact
from promptops.contract.names import RegistryKeys
from promptops.domain.canonical import canonical
from promptops.domain.errors import Conflict, Throttled
from promptops.domain.restriction import Restriction
from promptops.ports import Unreadable


def log(rows: RegistryRows, prompt_id: str) -> Sequence[Restriction]:
    """Newest first."""
    begin = RegistryKeys.restriction(prompt_id, "")[1]
    return [_entry(item) for item in rows.newest_first(prompt_id, begin)]


def last_entries(rows: RegistryRows, unreadable: Unreadable | None) -> Sequence[Restriction]:
    """The last entry about each version that ever was revoked, of all prompts."""
    return ours(rows.newest_first(RegistryKeys.REVOKED), _listed, "the list of revocations", unreadable)


def add(rows: RegistryRows, restriction: Restriction) -> None:
    """Log it and let it hold, in one; raises Conflict if the log moved on."""
    prompt_id, version, sequence = restriction.scope, restriction.version, restriction.sequence
    entry = entry_value(restriction)
    seen = "restrictions = :seen" if sequence > 1 else "attribute_not_exists(restrictions)"
    items = [
        _update(
            rows,
            RegistryKeys.restriction(prompt_id, sequence),
            "SET entry = :entry",
            NEW,
            {":entry": entry},
        ),
        _update(
            rows,
            RegistryKeys.family(prompt_id),
            "SET restrictions = :sequence",
            f"{THERE} AND {seen}",
            {":sequence": value(sequence), **({":seen": value(sequence - 1)} if sequence > 1 else {})},
        ),
        _update(
            rows,
            RegistryKeys.version(prompt_id, version),
            "SET revoked = :reason",
            THERE,
            {":reason": value(restriction.reason if restriction.in_force else "")},
        ),
        _update(
            rows,
            RegistryKeys.revoked(prompt_id, version),
            "SET entry = :entry",
            "",
            {":entry": entry},
        ),
    ]
    for _ in attempts(rows.sleep):
        failed = transact(rows.client, items)
        if failed is None:
            return
        # A reply that was lost looks like somebody else's entry: the log tells whose it is.
        there = rows.get(RegistryKeys.restriction(prompt_id, sequence))
        if there and _entry(there) == restriction:
            return
        if failed:
            what = f"the log of {prompt_id} is not at entry {sequence - 1} any more"
            raise Conflict(what, "Look at what holds now and decide again.")
    raise Throttled(f"{prompt_id} is being changed by others", "Nothing was changed; try again.")


def entry_value(restriction: Restriction) -> Item:
    """The attribute `entry` of the rows that hold it."""
    return value(canonical(restriction.to_dict()).decode())


def _update(rows: RegistryRows, key: Key, update: str, condition: str, values: Item) -> dict[str, Any]:
    item: dict[str, Any] = {
        "TableName": rows.table,
        "Key": key_item(key),
        "UpdateExpression": update,
        "ExpressionAttributeValues": values,
    }
    return {"Update": {**item, **({"ConditionExpression": condition} if condition else {})}}


def _listed(item: Item) -> Restriction:
    """The entry in a row of the list; raises ValueError for one about another version than its key says."""
    entry = _entry(item)
    if item["version"]["S"] != RegistryKeys.revoked(entry.scope, entry.version)[1]:
        raise ValueError("not an entry of the list")
    return entry


def _entry(item: Item) -> Restriction:
    return Restriction.from_dict(json.loads(item["entry"]["S"]))
