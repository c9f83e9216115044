"""Rows exactly as a table holds them, and what can be read of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from promptops.aws.dynamodb_items import Item, value
from promptops.aws.error_mapping import mapped
from promptops.domain.errors import UnreadableRow
from promptops.ports import Unreadable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
_KEYS = ("pk", "sk", "prompt_id", "version")
#: What reading a row that is not one of ours ends with.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, AssertionError)


def partition(
    client: DynamoDBClient,
    table: str,
    keys: tuple[str, str],
    of: str,
    *,
    begins: str = "",
    since: str = "",
    newest_first: bool = False,
    limit: int | None = None,
) -> Iterator[Item]:
    """The rows of a partition in the order of their sort keys, strongly consistent.

    `keys` are the names of partition and sort key; with `begins` or `since`, rows whose sort key begins so,
    or is not below that.
    """
    name, sort = keys
    names, values, condition = {"#name": name}, {":of": value(of)}, "#name = :of"
    if begins or since:
        names, values = {**names, "#sort": sort}, {**values, ":from": value(begins or since)}
        condition += " AND begins_with(#sort, :from)" if begins else " AND #sort >= :from"
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
        ConsistentRead=True,
        ScanIndexForward=not newest_first,
        PaginationConfig={} if limit is None else {"MaxItems": limit, "PageSize": limit},
    )
    with mapped("dynamodb:Query"):
        for page in pages:
            yield from (dict(item) for item in page["Items"])


def readable(
    item: Mapping[str, Any],
    attribute: str,
    read: Callable[[Mapping[str, Any]], T],
    write: Callable[[T], object],
) -> T | None:
    """What is in a row's attribute; None if writing it again would not give what is there.

    A field that came later may lack.
    """
    try:
        document = json.loads(item[attribute]["S"])
        found = read(document)
        again = json.loads(json.dumps(write(found)))
        return found if {**again, **document} == again else None
    except UNREADABLE:
        return None


def ours(
    items: Iterable[Item], read: Callable[[Item], T], where: str, unreadable: Unreadable | None
) -> list[T]:
    """What is in these rows; of one that is none of ours `unreadable` is told, else raises UnreadableRow."""
    found = []
    for item in items:
        try:
            found.append(read(item))
        except UNREADABLE as error:
            keys = {name: item[name].get("S") for name in _KEYS if name in item}
            what = f"{where}: the row {keys} cannot be read ({type(error).__name__})"
            problem = UnreadableRow(what, "promptops audit verify says what it should be.")
            if unreadable is None:
                raise problem from error
            unreadable(problem)
    return found


def counted(key: str) -> int:
    """The number a sort key ends with, as in `0000000012`, `v000012`, `restriction#0000000003`; else 0."""
    digits = key.rpartition("#")[2].removeprefix("v")
    return int(digits) if digits.isdecimal() else 0
