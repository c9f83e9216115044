"""Rows of our tables: a canonical JSON document, and beside it the attributes that conditions look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from promptops.domain.canonical import canonical

Item = dict[str, Any]


def value(content: str | int) -> Item:
    """One attribute value: text or a whole number."""
    return {"N": str(content)} if isinstance(content, int) else {"S": content}


def to_item(document: object, **attributes: str | int) -> Item:
    """The row of a document; `attributes` are its keys and what conditions compare."""
    return {
        "document": {"S": canonical(document).decode()},
        **{name: value(content) for name, content in attributes.items()},
    }


def document_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The document a row was made from."""
    document: dict[str, Any] = json.loads(item["document"]["S"])
    return document


def attribute(item: Mapping[str, Any], name: str) -> str:
    """One text attribute, empty where the row has none."""
    return str(item[name]["S"]) if name in item else ""
