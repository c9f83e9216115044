"""Registry and ledgers for an audit: every row by its key, whatever is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from promptops.aws.dynamodb_batch import get_items
from promptops.aws.dynamodb_items import Item, attribute, document_of
from promptops.aws.dynamodb_registry_rows import number, record_from
from promptops.aws.dynamodb_release import head_document, head_from
from promptops.aws.dynamodb_rows import Key, key_item
from promptops.aws.dynamodb_stored import UNREADABLE, counted, partition, readable
from promptops.contract.names import LedgerKeys, RegistryKeys
from promptops.domain.approval import Approval
from promptops.domain.audit_releases import ReleasedVersion, ReleaseLog
from promptops.domain.audit_versions import RegistryLog
from promptops.domain.drift import Drift
from promptops.domain.ledger import Release
from promptops.domain.restriction import Restriction
from promptops.domain.version import VersionRecord
from promptops.ports import Registry

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

PAGE = 100


class DynamoDbRegistryTrail:
    """The registry table; which prompts there are comes from `registry`."""

    def __init__(self, table: str, client: DynamoDBClient, registry: Registry) -> None:
        self._table = table
        self._client = client
        self._registry = registry

    def prompt_ids(self) -> Sequence[str]:
        found: list[str] = []
        after = ""
        while True:
            page = self._registry.families(limit=PAGE, after=after)
            found += [family.prompt_id for family in page.items]
            after = page.next
            if not after:
                return found

    def log(self, prompt_id: str) -> RegistryLog:
        rows = {attribute(item, "version"): item for item in self._partition(prompt_id)}
        family = rows.get(RegistryKeys.family(prompt_id)[1], {})
        entries = RegistryKeys.restriction(prompt_id, "")[1]
        of_prompt = RegistryKeys.revoked(prompt_id, 0)[1].rpartition("v")[0]
        revoked = self._partition(RegistryKeys.REVOKED, of_prompt)
        return RegistryLog(
            prompt_id=prompt_id,
            latest=number(family, "latest"),
            archived=number(family, "archived"),
            versions={counted(key): _record(item) for key, item in rows.items() if _is_version(key)},
            revocations={
                counted(key): _restriction(item, "entry")
                for key, item in rows.items()
                if key.startswith(entries)
            },
            listed={
                counted(attribute(item, "version").removeprefix(of_prompt)): _restriction(item, "entry")
                for item in revoked
            },
        )

    def _partition(self, of: str, begins: str = "") -> Iterator[Item]:
        return partition(self._client, self._table, ("prompt_id", "version"), of, begins=begins)


class DynamoDbTrail:
    """One environment's ledger table."""

    def __init__(self, environment: str, table: str, client: DynamoDBClient) -> None:
        self._environment = environment
        self._table = table
        self._client = client

    def prompt_ids(self) -> Sequence[str]:
        return [attribute(item, "sk") for item in self._partition(LedgerKeys.head("")[0])]

    def log(self, prompt_id: str, archived: int) -> ReleaseLog:
        rows = self._partition(LedgerKeys.release(prompt_id, 0)[0])
        releases = {counted(attribute(item, "sk")): _release(item) for item in rows}
        known = [release for release in releases.values() if release]
        versions = self._partition(LedgerKeys.released_version(prompt_id, 0)[0])
        operations = self._items([LedgerKeys.operation(row.op_id) for row in known if row.op_id])
        approvals = self._items([LedgerKeys.approval(row.approval_id) for row in known if row.approval_id])
        heads = self._items([LedgerKeys.head(prompt_id)])
        return ReleaseLog(
            environment=self._environment,
            prompt_id=prompt_id,
            head=next((readable(item, "document", head_from, head_document) for item in heads), None),
            releases=releases,
            versions={counted(attribute(item, "sk")): _released(item) for item in versions},
            operations=dict(_made(item) for item in operations),
            approvals={
                approval.approval_id: approval
                for item in approvals
                if (approval := readable(item, "document", Approval.from_dict, Approval.to_dict))
            },
            archived=archived,
        )

    def marks(self) -> Mapping[str, int]:
        return {attribute(item, "sk"): number(item, "revision") for item in self._partition(_MARKS)}

    def freezes(self) -> Mapping[int, Restriction | None]:
        rows = self._partition(LedgerKeys.restriction(0)[0])
        return {counted(attribute(item, "sk")): _restriction(item, "document") for item in rows}

    def freeze_now(self) -> tuple[Restriction | None, bool]:
        (item,) = self._items([LedgerKeys.FREEZE]) or ({},)
        return _restriction(item, "document"), attribute(item, "frozen") != ""

    def drifts(self) -> Sequence[Drift]:
        rows = self._partition(LedgerKeys.drift("", "")[0])
        return [
            drift for item in rows if (drift := readable(item, "document", Drift.from_dict, Drift.to_dict))
        ]

    def _items(self, keys: Sequence[Key]) -> list[Item]:
        return get_items(self._client, self._table, [key_item(key) for key in dict.fromkeys(keys)])

    def _partition(self, of: str) -> Iterator[Item]:
        return partition(self._client, self._table, ("pk", "sk"), of)


_MARKS = LedgerKeys.archived("")[0]


def _is_version(key: str) -> bool:
    return key.startswith("v") and counted(key) > 0


def _record(item: Item) -> VersionRecord | None:
    try:
        whole = record_from(item)
    except UNREADABLE:
        return None
    unchanged = readable(item, "document", VersionRecord.from_dict, VersionRecord.to_dict)
    return whole if unchanged and attribute(item, "sha256") == whole.sha256 else None


def _released(item: Item) -> ReleasedVersion:
    """The row; no version has the digest of one that cannot be read."""
    try:
        document = document_of(item)
        return ReleasedVersion(str(document["sha256"]), int(document["revision"]))
    except UNREADABLE:
        return ReleasedVersion("", 0)


def _made(item: Item) -> tuple[str, tuple[str, int]]:
    """What an operation's row says it made; nothing, if it cannot be read."""
    try:
        document = document_of(item)
        return str(document["op_id"]), (str(document["prompt_id"]), int(document["revision"]))
    except UNREADABLE:
        return "", ("", 0)


def _release(item: Item) -> Release | None:
    return readable(item, "document", Release.from_dict, Release.to_dict)


def _restriction(item: Item, name: str) -> Restriction | None:
    return readable(item, name, Restriction.from_dict, Restriction.to_dict)
