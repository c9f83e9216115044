"""Rows made from what the archive gave back: compared with tables, or written into empty ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from promptops.aws.dynamodb_approvals import approval_row
from promptops.aws.dynamodb_batch import get_items
from promptops.aws.dynamodb_items import Item, attribute, document_of, value
from promptops.aws.dynamodb_publication import family_facts, label_row, listing_keys, version_row
from promptops.aws.dynamodb_registry_rows import key_item, number
from promptops.aws.dynamodb_release import head_row, operation_row, release_row, released_version_row
from promptops.aws.dynamodb_restrictions import current_row, logged_row
from promptops.aws.dynamodb_revocations import entry_value
from promptops.aws.dynamodb_transaction import Sleep, attempts
from promptops.aws.error_mapping import mapped
from promptops.contract.names import RegistryKeys
from promptops.domain.canonical import canonical
from promptops.domain.errors import IllegalTransition, InvalidUsage, Throttled, shown
from promptops.domain.restored import RestoredLedger, RestoredPrompt
from promptops.domain.version import VersionRecord

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Kind = Literal[
    "version", "family", "label", "listing", "revocation", "head", "release", "released version", "operation",
    "approval", "freeze",
]  # fmt: skip
#: Set again by whoever archives next, so neither restored nor compared.
MARK = "archived"
#: What BatchWriteItem takes at once.
MAX_BATCH_ROWS = 25


Key = tuple[str, ...]
Live = Mapping[Key, Item]


@dataclass(frozen=True)
class Row:
    """One row as the line wrote it; `moved` says whether the live ones have gone on since it was archived."""

    kind: Kind
    item: Item
    moved: Callable[[Live], bool] = lambda live: False


@dataclass
class Compared:
    """Rows of one kind: how many agree, which ones a table lacks, has otherwise, or has newer."""

    kind: Kind
    agree: int = 0
    missing: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    newer: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def registry_rows(prompt: RestoredPrompt) -> Iterator[Row]:
    """Everything the registry holds of a prompt."""
    prompt_id, counted = prompt.prompt_id, len(prompt.revocations)
    family = key_item(RegistryKeys.family(prompt_id))
    latest = max((record.ref.version for record in prompt.records), default=0)

    def moved(live: Live) -> bool:
        now = live.get(_key(family), {})
        return number(now, "latest") > latest or number(now, "restrictions") > counted

    revoked = {entry.version: entry for entry in prompt.revocations}
    for record in prompt.records:
        marked = {"revoked": value(record.revoked_reason)} if record.ref.version in revoked else {}
        yield Row("version", {**version_row(record), **_evidence(record), **marked}, moved)
        if record.label:
            yield Row("label", label_row(record))
    for newest in prompt.records[-1:]:
        restrictions = {"restrictions": value(counted)} if counted else {}
        yield Row("family", {**family, **family_facts(newest), **restrictions}, moved)
    yield from (Row("listing", item, moved) for item in _listings(prompt.records))
    for entry in prompt.revocations:
        key = key_item(RegistryKeys.restriction(prompt_id, entry.sequence))
        yield Row("revocation", {**key, "entry": entry_value(entry)})
    for version, entry in revoked.items():
        key = key_item(RegistryKeys.revoked(prompt_id, version))
        yield Row("revocation", {**key, "entry": entry_value(entry)}, moved)


def ledger_rows(ledger: RestoredLedger) -> Iterator[Row]:
    """Everything a ledger holds that was archived: no requests, no approvals that nobody used."""
    for releases in ledger.releases.values():
        head = releases[-1].head()
        moved = _moved(head_row(head), "revision", head.revision)
        last_of = {row.version: row for row in releases if row.head().state == "live"}
        yield from (Row("release", release_row(release)) for release in releases)
        yield from (Row("operation", operation_row(release)) for release in releases)
        yield from (Row("released version", released_version_row(row), moved) for row in last_of.values())
        yield Row("head", head_row(head), moved)
    yield from (Row("approval", approval_row(approval)) for approval in ledger.approvals)
    yield from (Row("freeze", logged_row(entry)) for entry in ledger.freezes)
    for last in ledger.freezes[-1:]:
        current = current_row(last)
        yield Row("freeze", current, _moved(current, "sequence", last.sequence))


def compare(table: str, rows: Sequence[Row], client: DynamoDBClient) -> list[Compared]:
    """How these rows are in a table now, kind by kind."""
    live = {_key(item): item for item in get_items(client, table, [_key_item(row.item) for row in rows])}
    compared: dict[Kind, Compared] = {}
    for row in rows:
        found, name = live.get(_key(row.item)), " ".join(_key(row.item))
        of_kind = compared.setdefault(row.kind, Compared(row.kind))
        if found is None:
            of_kind.missing.append(name)
        elif {key: part for key, part in found.items() if key != MARK} == row.item:
            of_kind.agree += 1
        elif row.moved(live):
            of_kind.newer.append(name)
        else:
            of_kind.differing.append(name)
    return list(compared.values())


def check_empty(table: str, client: DynamoDBClient) -> None:
    """Returns if the table is there and has no row; raises InvalidUsage or IllegalTransition."""
    with mapped("dynamodb:Scan"):
        try:
            found = client.scan(TableName=table, Limit=1, ConsistentRead=True)["Items"]
        except client.exceptions.ResourceNotFoundException as error:
            raise InvalidUsage(f"there is no table {shown(table)}", "Deploy or create it first.") from error
    if found:
        fix = "Nothing was written to it. Restore into new tables, also after a restore that did not end."
        raise IllegalTransition(f"table {table} is not empty", fix)


def write(table: str, rows: Sequence[Row], client: DynamoDBClient, *, sleep: Sleep = time.sleep) -> None:
    """Put all of these rows; heads and families last, so that what is half written serves nobody."""
    ordered = sorted(rows, key=lambda row: row.kind in ("head", "family"))
    for start in range(0, len(ordered), MAX_BATCH_ROWS):
        some = ordered[start : start + MAX_BATCH_ROWS]
        _put(table, [{"PutRequest": {"Item": row.item}} for row in some], client, sleep)


def _put(table: str, requests: list[Any], client: DynamoDBClient, sleep: Sleep) -> None:
    left: Mapping[str, Any] = {table: requests}
    for _ in attempts(sleep):
        with mapped("dynamodb:BatchWriteItem"):
            left = client.batch_write_item(RequestItems=left).get("UnprocessedItems") or {}
        if not left:
            return
    raise Throttled(f"table {table} is busy", "Restore into new tables.")


def _evidence(record: VersionRecord) -> Item:
    evidence = record.evidence
    return {"evidence": value(canonical(asdict(evidence)).decode())} if evidence else {}


def _listings(records: Sequence[VersionRecord]) -> Iterator[Item]:
    """A row stays where its family is listed no longer, without the attribute that lists it."""
    newest: list[tuple[str, str]] = []
    every: dict[tuple[str, str], None] = {}
    for record in records:
        newest = listing_keys(record.ref.prompt_id, record.owner, record.tags)
        every.update(dict.fromkeys(newest))
    for key in every:
        yield {**key_item(key), **({"listed": value(key[1])} if key in newest else {})}


def _moved(item: Item, name: str, restored: int) -> Callable[[Live], bool]:
    """Whether the live row with this item's key is of a later revision or sequence."""

    def moved(live: Live) -> bool:
        now = live.get(_key(item))
        return now is not None and int(document_of(now)[name]) > restored

    return moved


def _key_item(item: Item) -> Item:
    names = ("pk", "sk") if "pk" in item else ("prompt_id", "version")
    return {name: item[name] for name in names}


def _key(item: Item) -> Key:
    return tuple(attribute(item, name) for name in _key_item(item))
