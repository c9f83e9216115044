"""The one transaction of a release, item by item, each with what its refusal means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from promptops.aws.dynamodb_items import Item, document_of
from promptops.aws.dynamodb_rows import NEW, bound, conditional_put, key_item, row, text
from promptops.contract.names import LedgerKeys
from promptops.domain.approval import Approval
from promptops.domain.identifiers import sort_key
from promptops.domain.ledger import SCHEMA, Head, Release, ReleaseKind
from promptops.ports import Commit

#: What a failed condition stands for.
Guard = Literal["registered", "order", "frozen", "head", "released", "approval", "once"]
#: These take the head's own version out of service, so nothing about that version can stand against them.
LEAVING: tuple[ReleaseKind, ...] = ("retire", "revoke")


@dataclass(frozen=True)
class Guarded:
    """One item of the transaction: its guard fails when the item's condition does."""

    guard: Guard
    item: Mapping[str, Any]


def guarded_items(
    commit: Commit, *, table: str, lower_table: str | None, registry_table: str
) -> list[Guarded]:
    """All items, in the order in which a refusal is explained."""
    release = commit.release
    items: list[Guarded] = []
    if release.kind not in LEAVING:
        items.append(_registered(commit, registry_table))
    if lower_table:
        items.append(_order(commit, lower_table))
    if release.kind == "promote":
        items.append(_not_frozen(table))
    items.append(_head(commit, table))
    if release.kind not in LEAVING:
        items.append(_version(commit, table, first_allowed=release.kind == "promote"))
    if commit.approval:
        items.append(_approval(commit.approval, commit, table))
    items.append(Guarded("once", conditional_put(table, release_row(release))))
    items.append(Guarded("once", conditional_put(table, operation_row(release))))
    return items


def release_row(release: Release) -> Item:
    return row(LedgerKeys.release(release.prompt_id, release.revision), release.to_dict())


def operation_row(release: Release) -> Item:
    """The row that says what an operation made."""
    made = {"op_id": release.op_id, "prompt_id": release.prompt_id, "revision": release.revision}
    return row(LedgerKeys.operation(release.op_id), made)


def head_row(head: Head) -> Item:
    return row(LedgerKeys.head(head.prompt_id), head_document(head), revision=head.revision)


def released_version_row(release: Release) -> Item:
    """The row that says this version was released here, last with this revision."""
    key = LedgerKeys.released_version(release.prompt_id, release.version)
    document = {"sha256": release.sha256, "revision": release.revision}
    return row(key, document, sha256=release.sha256)


def _registered(commit: Commit, registry_table: str) -> Guarded:
    release = commit.release
    check = {
        "TableName": registry_table,
        "Key": bound({"prompt_id": release.prompt_id, "version": sort_key(release.version)}),
        "ConditionExpression": "sha256 = :sha256 AND (attribute_not_exists(revoked) OR revoked = :no)",
        "ExpressionAttributeValues": bound({":sha256": release.sha256, ":no": ""}),
    }
    return Guarded("registered", {"ConditionCheck": check})


def _order(commit: Commit, lower_table: str) -> Guarded:
    release = commit.release
    check = {
        "TableName": lower_table,
        "Key": key_item(LedgerKeys.released_version(release.prompt_id, release.version)),
        "ConditionExpression": "sha256 = :sha256",
        "ExpressionAttributeValues": bound({":sha256": release.sha256}),
    }
    return Guarded("order", {"ConditionCheck": check})


def _not_frozen(table: str) -> Guarded:
    check = {
        "TableName": table,
        "Key": key_item(LedgerKeys.FREEZE),
        "ConditionExpression": f"{NEW} OR frozen = :no",
        "ExpressionAttributeValues": bound({":no": ""}),
    }
    return Guarded("frozen", {"ConditionCheck": check})


def _head(commit: Commit, table: str) -> Guarded:
    item = head_row(commit.release.head())
    seen = commit.expected_head.revision
    if seen:
        return Guarded("head", conditional_put(table, item, "revision = :seen", {":seen": seen}))
    if commit.release.kind in LEAVING:
        # Where nothing was ever released there is nothing to take out of service either.
        return Guarded("released", conditional_put(table, item, "attribute_exists(pk)"))
    return Guarded("head", conditional_put(table, item))


def _version(commit: Commit, table: str, *, first_allowed: bool) -> Guarded:
    release = commit.release
    item = released_version_row(release)
    condition = f"{NEW} OR sha256 = :sha256" if first_allowed else "sha256 = :sha256"
    return Guarded("released", conditional_put(table, item, condition, {":sha256": release.sha256}))


def _approval(approval: Approval, commit: Commit, table: str) -> Guarded:
    consumed = replace(approval, consumed_by=commit.release.op_id)
    values = {
        ":document": text(consumed.to_dict()),
        ":by": consumed.consumed_by,
        ":approved": "APPROVED",
        ":nobody": "",
        ":now": commit.release.at,
    }
    update = {
        "TableName": table,
        "Key": key_item(LedgerKeys.approval(approval.approval_id)),
        "UpdateExpression": "SET document = :document, consumed_by = :by",
        "ConditionExpression": "#status = :approved AND consumed_by = :nobody AND expires_at > :now",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": bound(values),
    }
    return Guarded("approval", {"Update": update})


def head_document(head: Head) -> dict[str, object]:
    return {"schema": SCHEMA, **asdict(head)}


def head_of(item: Mapping[str, Any]) -> Head:
    """The head in its row; raises ValueError for a row that no release of ours left."""
    head = head_from(document_of(item))
    numbers = type(head.revision), type(head.version)
    if item["sk"]["S"] != head.prompt_id or numbers != (int, int) or head.revision < 1:
        raise ValueError("not a head")
    head.pointer().to_text()
    return head


def head_from(document: Mapping[str, Any]) -> Head:
    return Head(**{name: value for name, value in document.items() if name != "schema"})
