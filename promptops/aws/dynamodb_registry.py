"""The registry table: a row a version, a family row with the newest, and rows that find and forbid them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from promptops.aws import dynamodb_catalog, dynamodb_publication, dynamodb_revocations
from promptops.aws.dynamodb_items import value
from promptops.aws.dynamodb_registry_rows import THERE, RegistryRows, family_from, key_item, record_from
from promptops.aws.dynamodb_transaction import Sleep
from promptops.aws.error_mapping import mapped
from promptops.contract.names import RegistryKeys
from promptops.domain.canonical import canonical
from promptops.domain.errors import UnknownPrompt, UnknownVersion, shown
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Evidence
from promptops.domain.restriction import Restriction
from promptops.domain.version import Family, VersionRecord
from promptops.ports import Page, Unreadable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_NOT_YET = "attribute_not_exists(archived)"


class DynamoDbRegistry:
    """All versions of all prompts; every read is strongly consistent but which prompts a listing finds."""

    def __init__(self, table: str, client: DynamoDBClient, *, sleep: Sleep = time.sleep) -> None:
        self._table = table
        self._client = client
        self._rows = RegistryRows(table, client, sleep=sleep)

    def family(self, prompt_id: str) -> Family | None:
        item = self._rows.get(RegistryKeys.family(prompt_id))
        return family_from(item) if item else None

    def version(self, ref: PromptRef) -> VersionRecord:
        """Raises UnknownPrompt, or UnknownVersion with the versions there are."""
        item = self._rows.get(RegistryKeys.version(ref.prompt_id, ref.version))
        if item:
            return record_from(item)
        family = self.family(ref.prompt_id)
        if family is None:
            raise _unknown(ref.prompt_id)
        known = "v1" if family.latest == 1 else f"v1 to v{family.latest}"
        raise UnknownVersion(f"{ref} is not published", f"{ref.prompt_id} has {known}.")

    def versions(self, prompt_id: str) -> list[VersionRecord]:
        """Newest first; raises UnknownPrompt."""
        records = [record_from(item) for item in self._rows.newest_first(prompt_id, "v")]
        if not records:
            raise _unknown(prompt_id)
        return records

    def records(self, refs: Sequence[PromptRef]) -> Mapping[PromptRef, VersionRecord]:
        items = self._rows.get_many(RegistryKeys.version(ref.prompt_id, ref.version) for ref in refs)
        return {record.ref: record for record in map(record_from, items)}

    def families(
        self, *, owner: str = "", tag: str = "", prefix: str = "", limit: int = 50, after: str = ""
    ) -> Page[Family]:
        return dynamodb_catalog.families(
            self._rows, owner=owner, tag=tag, prefix=prefix, limit=limit, after=after
        )

    def labelled(self, prompt_id: str, label: str) -> PromptRef | None:
        found = dynamodb_publication.labelled(self._rows, prompt_id, label)
        return found[0] if found else None

    def commit(self, record: VersionRecord, *, after: Family | None) -> bool:
        """Add it if the family still is `after`; raises Immutable if another version has its label."""
        return dynamodb_publication.commit(self._rows, record, after=after)

    def link_evidence(self, ref: PromptRef, evidence: Evidence) -> None:
        """Only the attribute `evidence` is touched, which is all the evaluate function's role may touch."""
        with mapped("dynamodb:UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key=key_item(RegistryKeys.version(ref.prompt_id, ref.version)),
                UpdateExpression="SET evidence = :evidence",
                ConditionExpression=THERE,
                ExpressionAttributeValues={":evidence": value(canonical(asdict(evidence)).decode())},
            )

    def restrictions(self, prompt_id: str) -> Sequence[Restriction]:
        return dynamodb_revocations.log(self._rows, prompt_id)

    def restrict(self, restriction: Restriction) -> None:
        dynamodb_revocations.add(self._rows, restriction)

    def revocations(self, unreadable: Unreadable | None = None) -> Sequence[Restriction]:
        return [entry for entry in self.last_restrictions(unreadable) if entry.in_force]

    def last_restrictions(self, unreadable: Unreadable | None = None) -> Sequence[Restriction]:
        return dynamodb_revocations.last_entries(self._rows, unreadable)

    def mark_archived(self, prompt_id: str, version: int) -> None:
        """A mark only rises: of two who archive at once, the slower one changes nothing."""
        with mapped("dynamodb:UpdateItem"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=key_item(RegistryKeys.family(prompt_id)),
                    UpdateExpression="SET archived = :version",
                    ConditionExpression=f"{THERE} AND ({_NOT_YET} OR archived < :version)",
                    ExpressionAttributeValues={":version": value(version)},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                return


def _unknown(prompt_id: str) -> UnknownPrompt:
    return UnknownPrompt(f"there is no prompt {shown(prompt_id)}", "Publish it first, or check its id.")
