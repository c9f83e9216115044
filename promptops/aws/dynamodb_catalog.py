"""Listings of prompts: which ones, from the index; what they are, from their own rows."""

from __future__ import annotations

from itertools import islice
from typing import Any

from promptops.aws.dynamodb_items import attribute, value
from promptops.aws.dynamodb_registry_rows import RegistryRows, family_from
from promptops.aws.error_mapping import mapped
from promptops.contract.names import RegistryKeys
from promptops.domain.version import Family
from promptops.ports import Page

#: Sort before and after every character of a prompt id.
_LOWEST, _HIGHEST = "-", "~"


def families(
    rows: RegistryRows, *, owner: str, tag: str, prefix: str, limit: int, after: str
) -> Page[Family]:
    """Some of the families, in the order of their ids; never reads more of the table than it lists.

    The index may lag behind, the rows do not: what it says wrongly is left out.
    """
    found: list[Family] = []
    more = True
    while more and len(found) <= limit:
        some = _ids(rows, owner=owner, tag=tag, prefix=prefix, after=after, limit=limit + 1)
        more, after = len(some) > limit, some[-1] if some else after
        items = rows.get_many(RegistryKeys.family(prompt_id) for prompt_id in some)
        families = sorted(map(family_from, items), key=lambda family: family.prompt_id)
        found += [family for family in families if _fits(family, owner, tag)]
    return Page(found[:limit], found[limit - 1].prompt_id if len(found) > limit else "")


def _fits(family: Family, owner: str, tag: str) -> bool:
    return (not owner or family.owner == owner) and (not tag or tag in family.tags)


def _ids(rows: RegistryRows, *, owner: str, tag: str, prefix: str, after: str, limit: int) -> list[str]:
    """The next so many prompt ids of the narrowest partition there is."""
    listed = RegistryKeys.ALL
    if tag or owner:
        listed = (RegistryKeys.tag("", tag) if tag else RegistryKeys.owner("", owner))[1]
    first, last = max(prefix, f"{after}{_LOWEST}" if after else _LOWEST), f"{prefix}{_HIGHEST}"
    if first > last:
        return []
    query: Any = {
        "TableName": rows.table,
        "IndexName": RegistryKeys.LISTING,
        "KeyConditionExpression": "listed = :listed AND prompt_id BETWEEN :first AND :last",
        "ExpressionAttributeValues": {
            ":listed": value(listed),
            ":first": value(first),
            ":last": value(last),
        },
    }
    pages = rows.client.get_paginator("query").paginate(**query, PaginationConfig={"PageSize": limit})
    with mapped("dynamodb:Query"):
        items = (item for page in pages for item in page["Items"])
        return [attribute(item, "prompt_id") for item in islice(items, limit)]
