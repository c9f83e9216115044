"""What a ledger keeps beside its releases: freezes, what was found drifted, how far it is archived."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from promptops.aws.dynamodb_items import Item, document_of
from promptops.aws.dynamodb_rows import NEW, Rows, bound, conditional_put, row
from promptops.aws.dynamodb_stored import ours
from promptops.aws.dynamodb_transaction import attempts, transact
from promptops.aws.error_mapping import mapped
from promptops.contract.names import LedgerKeys
from promptops.domain.drift import Drift
from promptops.domain.errors import Conflict, Throttled
from promptops.domain.restriction import Restriction

logger = logging.getLogger(__name__)


class DynamoDbRestrictions:
    """The freeze of one environment: a log, and one row that says what holds now."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def frozen_because(self) -> str:
        document = self._rows.get(LedgerKeys.FREEZE)
        entry = Restriction.from_dict(document) if document else None
        return entry.reason if entry and entry.in_force else ""

    def log(self, limit: int) -> Sequence[Restriction]:
        """Newest first."""
        rows = self._rows.query(LedgerKeys.restriction(0)[0], newest_first=True, limit=limit)
        return [Restriction.from_dict(document) for document in rows]

    def add(self, restriction: Restriction) -> None:
        """Log it and let it hold, in one; raises Conflict if the log moved on."""
        table, document, sequence = self._rows.table, restriction.to_dict(), restriction.sequence
        seen = {":seen": restriction.previous_chain}
        unmoved = ("chain = :seen", seen) if sequence > 1 else (NEW, None)
        items = [
            conditional_put(table, logged_row(restriction)),
            conditional_put(table, current_row(restriction), *unmoved),
        ]
        for _ in attempts(self._rows.sleep):
            failed = transact(self._rows.client, items)
            if failed is None:
                return
            # A reply that was lost looks like somebody else's entry: the log tells whose it is.
            if self._rows.get(LedgerKeys.restriction(sequence)) == document:
                return
            if failed:
                what = f"the log of {restriction.scope} has an entry {sequence} already"
                raise Conflict(what, "Look at what holds now and decide again.")
        raise Throttled(f"the ledger of {restriction.scope} is busy", "Nothing was changed; try again.")


def logged_row(restriction: Restriction) -> Item:
    return row(LedgerKeys.restriction(restriction.sequence), restriction.to_dict())


def current_row(restriction: Restriction) -> Item:
    """The row that releases look at."""
    held = "yes" if restriction.in_force else ""
    return row(LedgerKeys.FREEZE, restriction.to_dict(), frozen=held, chain=restriction.chain)


class DynamoDbMarks:
    """Findings of the reconciler, and up to which revision each prompt's releases are archived."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def archived(self) -> Mapping[str, int]:
        """A mark that cannot be read counts as none: what it was for is copied again, and marked again."""
        rows = self._rows.items(LedgerKeys.archived("")[0])
        problem = partial(logger.error, "A mark of the archive is none: %s")
        return dict(ours(rows, _mark, "the archive's marks", problem))

    def mark_archived(self, prompt_id: str, revision: int) -> None:
        """A mark only rises: of two who archive at once, the slower one changes nothing."""
        item = row(
            LedgerKeys.archived(prompt_id), {"prompt_id": prompt_id, "revision": revision}, revision=revision
        )
        client = self._rows.client
        with mapped("dynamodb:PutItem"):
            try:
                client.put_item(
                    TableName=self._rows.table,
                    Item=item,
                    ConditionExpression=f"{NEW} OR revision < :revision",
                    ExpressionAttributeValues=bound({":revision": revision}),
                )
            except client.exceptions.ConditionalCheckFailedException:
                return

    def note(self, drift: Drift) -> None:
        self._rows.put(LedgerKeys.drift(drift.at, drift.prompt_id), drift.to_dict())

    def drifts(self, since: str, limit: int) -> Sequence[Drift]:
        """Newest first."""
        partition = LedgerKeys.drift("", "")[0]
        rows = self._rows.query(partition, since=since, newest_first=True, limit=limit)
        return [Drift.from_dict(document) for document in rows]


def _mark(item: Mapping[str, Any]) -> tuple[str, int]:
    document = document_of(item)
    return str(document["prompt_id"]), int(document["revision"])
