"""Archived rows beside those of a table: compared with them, or written where the table has none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from promptops.aws.dynamodb_archived_rows import Kind, Row, row_key, row_key_item
from promptops.aws.dynamodb_batch import get_items
from promptops.aws.dynamodb_items import Item
from promptops.aws.dynamodb_transaction import Sleep, attempts, transact
from promptops.domain.errors import IllegalTransition, InvalidUsage, Throttled, shown

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

#: Set again by whoever archives next, so neither restored nor compared.
MARK = "archived"
#: A transaction takes 100 rows of 4 MB together; rows are larger there than their text.
MAX_ROWS = 100
MAX_BYTES = 1_500_000


@dataclass
class Compared:
    """Rows of one kind: how many agree, which ones a table lacks, has otherwise, or has newer.

    `earlier` are those of the differing ones that hold what they held once before.
    """

    kind: Kind
    agree: int = 0
    missing: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    newer: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Wanted:
    """A row that a table is to have in place of `found`, which is empty where it has none."""

    row: Row
    found: Item


def compare(table: str, rows: Sequence[Row], client: DynamoDBClient) -> list[Compared]:
    """How these rows are in a table now, kind by kind; raises InvalidUsage if there is no such table."""
    return beside(table, rows, client)[0]


def beside(table: str, rows: Sequence[Row], client: DynamoDBClient) -> tuple[list[Compared], list[Wanted]]:
    """How these rows are in a table now, and those it can be given without changing any history."""
    try:
        found = get_items(client, table, [row_key_item(row.item) for row in rows])
    except client.exceptions.ResourceNotFoundException as error:
        raise InvalidUsage(f"there is no table {shown(table)}", "Deploy or create it first.") from error
    live = {row_key(item): item for item in found}
    compared: dict[Kind, Compared] = {}
    wanted = []
    for row in rows:
        held, name = live.get(row_key(row.item), {}), " ".join(row_key(row.item))
        bare = {part: content for part, content in held.items() if part != MARK}
        of_kind = compared.setdefault(row.kind, Compared(row.kind))
        if bare == row.item:
            of_kind.agree += 1
        elif not held:
            of_kind.missing.append(name)
            wanted.append(Wanted(row, {}))
        elif row.moved(live):
            of_kind.newer.append(name)
        elif row.was(bare):
            of_kind.earlier.append(name)
            wanted.append(Wanted(row, held))
        else:
            of_kind.differing.append(name)
    return list(compared.values()), wanted


def write(table: str, wanted: Sequence[Wanted], client: DynamoDBClient, *, sleep: Sleep = time.sleep) -> None:
    """Put all of these rows where the table still is as it was found; raises IllegalTransition if not.

    Heads and families come last, so that what is half written serves nobody.
    """
    for some in _parts(sorted(wanted, key=lambda one: one.row.kind in ("head", "family"))):
        _put(table, some, client, sleep)


def _put(table: str, some: Sequence[Wanted], client: DynamoDBClient, sleep: Sleep) -> None:
    items = [{"Put": {"TableName": table, **_conditional(one)}} for one in some]
    for _ in attempts(sleep):
        failed = transact(client, items)
        if failed is None:
            return
        if failed:
            name = " ".join(row_key(some[failed[0]].row.item))
            what = f"{name} in {table} was written by somebody else meanwhile"
            raise IllegalTransition(what, "Nothing was overwritten; see who else writes, and restore again.")
    raise Throttled(f"table {table} is busy", "Restore again; what is written already stays.")


def _conditional(one: Wanted) -> dict[str, Any]:
    """A put under the condition that the row is still the one that was found, part by part."""
    item, found = one.row.item, one.found
    if not found:
        (key, *_) = row_key_item(item)
        return {"Item": item, "ConditionExpression": f"attribute_not_exists({key})"}
    kept = {MARK: found[MARK]} if MARK in found else {}
    names = {f"#{number}": part for number, part in enumerate(sorted({*found, *item}))}
    return {
        "Item": {**item, **kept},
        "ConditionExpression": " AND ".join(
            f"{name} = :{name[1:]}" if part in found else f"attribute_not_exists({name})"
            for name, part in names.items()
        ),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {
            f":{name[1:]}": found[part] for name, part in names.items() if part in found
        },
    }


def _parts(wanted: Sequence[Wanted]) -> Iterator[list[Wanted]]:
    """As many at once as one transaction may have."""
    some: list[Wanted] = []
    size = 0
    for one in wanted:
        bytes_of_row = sum(_size(item) for item in (one.row.item, one.found))
        if some and (len(some) == MAX_ROWS or size + bytes_of_row > MAX_BYTES):
            yield some
            some, size = [], 0
        some.append(one)
        size += bytes_of_row
    if some:
        yield some


def _size(item: Mapping[str, Any]) -> int:
    return len(json.dumps(item).encode())
