"""The ledgers in DynamoDB: one table an environment, one transaction a release."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from promptops.aws.dynamodb_approvals import DynamoDbApprovals
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.dynamodb_release import Guard, guarded_items, head_from, head_of
from promptops.aws.dynamodb_restrictions import DynamoDbMarks, DynamoDbRestrictions
from promptops.aws.dynamodb_rows import NEW, Rows, bound, row
from promptops.aws.dynamodb_stored import ours
from promptops.aws.dynamodb_transaction import Sleep, attempts, transact
from promptops.aws.error_mapping import mapped
from promptops.contract.names import LedgerKeys
from promptops.domain.approval import Approval, Decision
from promptops.domain.drift import Drift
from promptops.domain.errors import (
    ApprovalRequired,
    DigestMismatch,
    NeverReleased,
    NotReleased,
    PromptOpsError,
    RequestEnded,
    Throttled,
    Unavailable,
    UnknownEnvironment,
    UnknownRequest,
    shown,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release
from promptops.domain.people import Actor
from promptops.domain.release_rules import (
    check_not_revoked,
    check_same_operation,
    frozen,
    head_moved,
    operation_fields,
    out_of_order,
)
from promptops.domain.request import ReleaseRequest, illegal_step, predecessors
from promptops.domain.restriction import Restriction
from promptops.ports import Commit, Unreadable

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbLedger:
    """One environment's ledger."""

    def __init__(
        self,
        environment: str,
        tables: Mapping[str, str],
        client: DynamoDBClient,
        registry_table: str = "",
        *,
        sleep: Sleep = time.sleep,
    ) -> None:
        self.environment = environment
        self._tables = tables
        self._client = client
        self._registry_table = registry_table
        self._sleep = sleep
        self._rows = Rows(tables[environment], client, sleep=sleep)
        self._approvals = DynamoDbApprovals(self._rows)
        self._restrictions = DynamoDbRestrictions(self._rows)
        self._marks = DynamoDbMarks(self._rows)

    def head(self, prompt_id: str) -> Head:
        document = self._rows.get(LedgerKeys.head(prompt_id))
        return head_from(document) if document else Head(prompt_id)

    def heads(
        self, prompt_ids: Sequence[str] | None = None, unreadable: Unreadable | None = None
    ) -> Sequence[Head]:
        if prompt_ids is None:
            items = self._rows.items(LedgerKeys.head("")[0])
        else:
            items = self._rows.get_items([LedgerKeys.head(prompt_id) for prompt_id in prompt_ids])
        found = ours(items, head_of, f"the heads of {self.environment}", unreadable)
        return sorted(found, key=lambda head: head.prompt_id)

    def frozen_because(self) -> str:
        return self._restrictions.frozen_because()

    def restrictions(self, limit: int = 50) -> Sequence[Restriction]:
        return self._restrictions.log(limit)

    def restrict(self, restriction: Restriction) -> None:
        self._restrictions.add(restriction)

    def archived(self) -> Mapping[str, int]:
        return self._marks.archived()

    def mark_archived(self, prompt_id: str, revision: int) -> None:
        self._marks.mark_archived(prompt_id, revision)

    def note_drift(self, drift: Drift) -> None:
        self._marks.note(drift)

    def drifts(self, since: str = "", limit: int = 50) -> Sequence[Drift]:
        return self._marks.drifts(since, limit)

    def commit(self, commit: Commit) -> Release:
        guarded = guarded_items(
            commit,
            table=self._rows.table,
            lower_table=self._tables[commit.lower_environment] if commit.lower_environment else None,
            registry_table=self._registry_table,
        )
        for _ in attempts(self._sleep):
            try:
                failed = transact(self._client, [item.item for item in guarded])
            except Unavailable:
                done = self._done(commit)
                if done:
                    return done
                raise
            # A reply that was lost looks like a conflict with ourselves: the operation's row tells.
            done = commit.release if failed is None else self._done(commit)
            if done:
                return done
            if failed:
                raise self._refusal(guarded[failed[0]].guard, commit)
        raise Throttled(f"the ledger of {self.environment} is busy", "Nothing was released; try again.")

    def releases(self, prompt_id: str, limit: int = 50) -> Sequence[Release]:
        rows = self._rows.query(LedgerKeys.release(prompt_id, 0)[0], newest_first=True, limit=limit)
        return [Release.from_dict(document) for document in rows]

    def release_of_operation(self, op_id: str) -> Release | None:
        done = self._rows.get(LedgerKeys.operation(op_id))
        return self.release(done["prompt_id"], done["revision"]) if done else None

    def release(self, prompt_id: str, revision: int) -> Release:
        document = self._rows.get(LedgerKeys.release(prompt_id, revision))
        if document is None:
            raise NotReleased(
                f"{shown(prompt_id)} has no revision {revision} in {self.environment}", "See its history."
            )
        return Release.from_dict(document)

    def was_released(self, ref: PromptRef) -> bool:
        return self._rows.get(LedgerKeys.released_version(ref.prompt_id, ref.version)) is not None

    def request(self, request_id: str) -> ReleaseRequest:
        document = self._rows.get(LedgerKeys.request(request_id))
        if document is None:
            raise UnknownRequest(
                f"{self.environment} has no request {shown(request_id)}",
                "Copy its id from promptops promote; an approval's id is another one.",
            )
        return ReleaseRequest.from_dict(document)

    def put_request(self, request: ReleaseRequest) -> None:
        before = {f":before{number}": status for number, status in enumerate(predecessors(request.status))}
        allowed = f"#status IN ({', '.join(before)})"
        first = f"{NEW} OR " if request.status == "requested" else ""
        key = LedgerKeys.request(request.request_id)
        with mapped("dynamodb:PutItem"):
            try:
                self._client.put_item(
                    TableName=self._rows.table,
                    Item=row(key, request.to_dict(), status=request.status),
                    ConditionExpression=first + allowed,
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues=bound(before),
                )
            except self._client.exceptions.ConditionalCheckFailedException as error:
                raise self._not_stored(request) from error

    def approval(self, approval_id: str) -> Approval:
        return self._approvals.get(approval_id)

    def approval_of_request(self, request_id: str) -> Approval | None:
        return self._approvals.of_request(request_id)

    def open_approvals(self) -> Sequence[Approval]:
        return self._approvals.waiting()

    def open_approval(self, approval: Approval, task_token: str) -> Approval | None:
        return self._approvals.open(approval, task_token)

    def decide(
        self, approval: Approval, decision: Decision, actor: Actor, comment: str, now: str
    ) -> Approval:
        return self._approvals.decide(approval, decision, actor, comment, now)

    def task_token(self, approval_id: str) -> str:
        return self._approvals.token(approval_id)

    def _done(self, commit: Commit) -> Release | None:
        """What this operation has made already."""
        done = self.release_of_operation(commit.release.op_id)
        if done:
            check_same_operation(done, operation_fields(commit.release))
        return done

    def _refusal(self, guard: Guard, commit: Commit) -> PromptOpsError:
        release = commit.release
        ref = PromptRef(release.prompt_id, release.version)
        match guard:
            case "registered":
                return self._not_registered(ref)
            case "order":
                return out_of_order(ref, str(commit.lower_environment))
            case "frozen":
                return frozen(self.environment, self.frozen_because())
            case "released":
                return NeverReleased(f"{ref} was never released in {self.environment}", "Promote it instead.")
            case "approval":
                return ApprovalRequired(f"approval {release.approval_id} is used or over", "Promote again.")
            case "head" | "once":
                head = self.head(ref.prompt_id)
                winner = self.release(ref.prompt_id, head.revision) if head.revision else None
                return head_moved(commit.expected_head.revision, head, winner)

    def _not_stored(self, request: ReleaseRequest) -> PromptOpsError:
        stored = self.request(request.request_id)
        if stored.ended:
            what = f"request {request.request_id} is {stored.status}"
            return RequestEnded(what, "Run promptops promote again.")
        return illegal_step(stored, request.status)

    def _not_registered(self, ref: PromptRef) -> PromptOpsError:
        try:
            check_not_revoked(DynamoDbRegistry(self._registry_table, self._client).version(ref))
        except PromptOpsError as error:
            return error
        return DigestMismatch(f"{ref} is registered with another digest", "Run promptops promote again.")


class DynamoDbLedgers:
    """The ledgers of all environments, in promotion order; only who commits needs the `registry_table`."""

    def __init__(self, tables: Mapping[str, str], client: DynamoDBClient, registry_table: str = "") -> None:
        self.names = tuple(tables)
        self._ledgers = {name: DynamoDbLedger(name, tables, client, registry_table) for name in tables}

    def __getitem__(self, environment: str) -> DynamoDbLedger:
        if environment not in self._ledgers:
            raise UnknownEnvironment(
                f"unknown environment {shown(environment)}", f"Known: {', '.join(self.names)}."
            )
        return self._ledgers[environment]
