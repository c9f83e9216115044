"""The registry table: a row a version, and a family row with the newest one."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from promptops.aws.dynamodb_items import Item, attribute, document_of, to_item, value
from promptops.aws.error_mapping import mapped
from promptops.domain.canonical import canonical
from promptops.domain.errors import UnknownPrompt, UnknownVersion, shown
from promptops.domain.identifiers import PromptRef, sort_key
from promptops.domain.people import Actor
from promptops.domain.policy import Policy
from promptops.domain.report import Evidence
from promptops.domain.version import Dataset, Family, VersionRecord

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

FAMILY = "family"


class DynamoDbRegistry:
    """All versions of all prompts; every read is strongly consistent."""

    def __init__(self, table: str, client: DynamoDBClient) -> None:
        self._table = table
        self._client = client

    def family(self, prompt_id: str) -> Family | None:
        item = self._get(prompt_id, FAMILY)
        return Family(prompt_id, int(item["latest"]["N"]), attribute(item, "source_sha256")) if item else None

    def version(self, ref: PromptRef) -> VersionRecord:
        """Raises UnknownPrompt, or UnknownVersion with the versions there are."""
        item = self._get(ref.prompt_id, sort_key(ref.version))
        if item:
            return _record(item)
        family = self.family(ref.prompt_id)
        if family is None:
            raise _unknown(ref.prompt_id)
        known = "v1" if family.latest == 1 else f"v1 to v{family.latest}"
        raise UnknownVersion(f"{ref} is not published", f"{ref.prompt_id} has {known}.")

    def versions(self, prompt_id: str) -> list[VersionRecord]:
        """Newest first; raises UnknownPrompt."""
        with mapped("dynamodb:Query"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="prompt_id = :id AND begins_with(version, :v)",
                ExpressionAttributeValues={":id": value(prompt_id), ":v": value("v")},
                ConsistentRead=True,
                ScanIndexForward=False,
            )
            records = [_record(item) for page in pages for item in page["Items"]]
        if not records:
            raise _unknown(prompt_id)
        return records

    def commit(self, record: VersionRecord, *, after: int) -> bool:
        """Add the row if the family's newest version still is `after` (0: none); False if it is not."""
        family = {
            "TableName": self._table,
            "Key": _key(record.ref.prompt_id, FAMILY),
            "UpdateExpression": "SET latest = :new, source_sha256 = :source",
            "ConditionExpression": "latest = :seen" if after else "attribute_not_exists(latest)",
            "ExpressionAttributeValues": {
                ":new": value(record.ref.version),
                ":source": value(record.source_sha256),
                **({":seen": value(after)} if after else {}),
            },
        }
        version = {
            "TableName": self._table,
            "Item": _item(record),
            "ConditionExpression": "attribute_not_exists(prompt_id)",
        }
        transaction: Any = [{"Put": version}, {"Update": family}]
        with mapped("dynamodb:TransactWriteItems"):
            try:
                self._client.transact_write_items(TransactItems=transaction)
            except ClientError as error:
                if error.response["Error"]["Code"] != "TransactionCanceledException":
                    raise
                return self._is_ours(record)
        return True

    def link_evidence(self, ref: PromptRef, evidence: Evidence) -> None:
        """Only the attribute `evidence` is touched, which is all the evaluate function's role may touch."""
        with mapped("dynamodb:UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key=_key(ref.prompt_id, sort_key(ref.version)),
                UpdateExpression="SET evidence = :evidence",
                ConditionExpression="attribute_exists(prompt_id)",
                ExpressionAttributeValues={":evidence": value(canonical(asdict(evidence)).decode())},
            )

    def _is_ours(self, record: VersionRecord) -> bool:
        """Whether the row is there as we wrote it: a lost reply looks exactly like a conflict."""
        item = self._get(record.ref.prompt_id, sort_key(record.ref.version))
        return bool(item) and _record(item) == record

    def _get(self, prompt_id: str, version: str) -> Item:
        with mapped("dynamodb:GetItem"):
            key = _key(prompt_id, version)
            found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return dict(found.get("Item", {}))


def _unknown(prompt_id: str) -> UnknownPrompt:
    return UnknownPrompt(f"there is no prompt {shown(prompt_id)}", "Publish it first, or check its id.")


def _key(prompt_id: str, version: str) -> Item:
    return {"prompt_id": value(prompt_id), "version": value(version)}


def _item(record: VersionRecord) -> Item:
    document = {
        **asdict(replace(record, evidence=None, revoked_reason="")),
        "ref": {"prompt_id": record.ref.prompt_id, "version": record.ref.version},
    }
    return to_item(
        document,
        prompt_id=record.ref.prompt_id,
        version=sort_key(record.ref.version),
        sha256=record.sha256,
        owner=record.owner,
    )


def _record(item: Item) -> VersionRecord:
    document = document_of(item)
    evidence = attribute(item, "evidence")
    return VersionRecord(
        **{
            **document,
            "ref": PromptRef(**document["ref"]),
            "dataset": Dataset(**document["dataset"]),
            "policy": Policy.from_dict(document["policy"]),
            "published_by": Actor.from_dict(document["published_by"]),
            "tags": tuple(document["tags"]),
            "authors": tuple(document["authors"]),
            "evidence": Evidence(**json.loads(evidence)) if evidence else None,
            "revoked_reason": attribute(item, "revoked"),
        }
    )
