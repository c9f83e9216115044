"""Rows made from what the archive gave back, each exactly as the line wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal

from promptops.aws.dynamodb_approvals import approval_row
from promptops.aws.dynamodb_items import Item, attribute, document_of, value
from promptops.aws.dynamodb_publication import family_facts, label_row, listing_keys, version_row
from promptops.aws.dynamodb_registry_rows import key_item, number
from promptops.aws.dynamodb_release import head_row, operation_row, release_row, released_version_row
from promptops.aws.dynamodb_restrictions import current_row, logged_row
from promptops.aws.dynamodb_revocations import entry_value
from promptops.contract.names import RegistryKeys
from promptops.domain.approval import Approval
from promptops.domain.canonical import canonical
from promptops.domain.report import Evidence
from promptops.domain.restored import RestoredLedger, RestoredPrompt
from promptops.domain.restriction import Restriction
from promptops.domain.version import VersionRecord

Kind = Literal[
    "version", "family", "label", "listing", "revocation", "head", "release", "released version", "operation",
    "approval", "freeze",
]  # fmt: skip
Key = tuple[str, ...]
Live = Mapping[Key, Item]


@dataclass(frozen=True)
class Row:
    """One row as the line wrote it.

    `moved` says whether the live ones have gone on since it was archived; `was` whether the row once held
    exactly this, before it came to hold what it does: a row of a log never held anything else.
    """

    kind: Kind
    item: Item
    moved: Callable[[Live], bool] = lambda live: False
    was: Callable[[Item], bool] = lambda item: False


def registry_rows(prompt: RestoredPrompt) -> Iterator[Row]:
    """Everything the registry holds of a prompt."""
    prompt_id, counted = prompt.prompt_id, len(prompt.revocations)
    family = key_item(RegistryKeys.family(prompt_id))
    latest = max((record.ref.version for record in prompt.records), default=0)

    def moved(live: Live) -> bool:
        now = live.get(row_key(family), {})
        return number(now, "latest") > latest or number(now, "restrictions") > counted

    def was_family(item: Item) -> bool:
        return any(
            item == {**family, **family_facts(record), **_restrictions(count)}
            for record in prompt.records
            for count in range(counted + 1)
        )

    log: dict[int, list[Restriction]] = {}
    for entry in prompt.revocations:
        log.setdefault(entry.version, []).append(entry)
    for record in prompt.records:
        entries = log.get(record.ref.version, [])
        mark = {"revoked": value(record.revoked_reason)} if entries else {}
        whole = {**version_row(record), **_evidence(record.evidence), **mark}
        yield Row("version", whole, moved, _was_version(record, entries))
        if record.label:
            yield Row("label", label_row(record))
    for newest in prompt.records[-1:]:
        item = {**family, **family_facts(newest), **_restrictions(counted)}
        yield Row("family", item, moved, was_family)
    yield from (Row("listing", item, moved, _was_listing(item)) for item in _listings(prompt.records))
    for entry in prompt.revocations:
        key = key_item(RegistryKeys.restriction(prompt_id, entry.sequence))
        yield Row("revocation", {**key, "entry": entry_value(entry)})
    for version, entries in log.items():
        key = key_item(RegistryKeys.revoked(prompt_id, version))
        *before, last = ({**key, "entry": entry_value(entry)} for entry in entries)
        yield Row("revocation", last, moved, before.__contains__)


def ledger_rows(ledger: RestoredLedger) -> Iterator[Row]:
    """Everything a ledger holds that was archived: no requests, no approvals that nobody used."""
    for releases in ledger.releases.values():
        heads = [head_row(release.head()) for release in releases]
        moved = _moved(heads[-1], "revision", releases[-1].revision)
        live: dict[int, list[Item]] = {}
        for release in releases:
            yield Row("release", release_row(release))
            yield Row("operation", operation_row(release))
            if release.head().state == "live":
                live.setdefault(release.version, []).append(released_version_row(release))
        for *before, last in live.values():
            yield Row("released version", last, moved, before.__contains__)
        yield Row("head", heads[-1], moved, heads[:-1].__contains__)
    for approval in ledger.approvals:
        yield Row("approval", approval_row(approval), was=_unused(approval).__contains__)
    yield from (Row("freeze", logged_row(entry)) for entry in ledger.freezes)
    current = [current_row(entry) for entry in ledger.freezes]
    for now in current[-1:]:
        moved = _moved(now, "sequence", ledger.freezes[-1].sequence)
        yield Row("freeze", now, moved, current[:-1].__contains__)


def row_key(item: Item) -> Key:
    """What a row is found by, and named with."""
    return tuple(attribute(item, name) for name in row_key_item(item))


def row_key_item(item: Item) -> Item:
    names = ("pk", "sk") if "pk" in item else ("prompt_id", "version")
    return {name: item[name] for name in names}


def _restrictions(count: int) -> Item:
    return {"restrictions": value(count)} if count else {}


def _evidence(evidence: Evidence | None) -> Item:
    return {"evidence": value(canonical(asdict(evidence)).decode())} if evidence else {}


def _was_version(record: VersionRecord, entries: Sequence[Restriction]) -> Callable[[Item], bool]:
    """Before its last revocation was made or taken back, and before its evidence was linked."""
    reasons = [entry.reason if entry.in_force else "" for entry in entries]
    marks: list[Item] = [{}, *({"revoked": value(reason)} for reason in reasons)]
    proofs = [_evidence(evidence) for evidence in (None, record.evidence)]
    items = [{**version_row(record), **proof, **mark} for proof in proofs for mark in marks]
    return items.__contains__


def _was_listing(now: Item) -> Callable[[Item], bool]:
    key = row_key_item(now)
    return [key, {**key, "listed": key["version"]}].__contains__


def _unused(approval: Approval) -> list[Item]:
    """The rows of an approval before a release used it."""
    decided = replace(approval, consumed_by="")
    asked = replace(decided, status="PENDING", decided_by=None, decided_at="", comment="")
    return [approval_row(asked), approval_row(decided)]


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
        now = live.get(row_key(item))
        return now is not None and int(document_of(now)[name]) > restored

    return moved
