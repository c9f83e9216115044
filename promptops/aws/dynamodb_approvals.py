"""Approvals in an environment's ledger: one open one a prompt, one decision each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promptops.aws.dynamodb_rows import NEW, Rows, bound, conditional_put, key_item, row, text
from promptops.aws.error_mapping import mapped
from promptops.contract.names import LedgerKeys
from promptops.domain.approval import Approval, Decision
from promptops.domain.errors import ApprovalExpired, Throttled, UnknownApproval
from promptops.domain.people import Actor

MAX_ATTEMPTS = 5


class DynamoDbApprovals:
    """The approvals of one ledger table."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def get(self, approval_id: str) -> Approval:
        document = self._rows.get(LedgerKeys.approval(approval_id))
        if document is None:
            raise UnknownApproval("there is no such approval", "Open the link in the mail again.")
        return Approval.from_dict(document)

    def of_request(self, request_id: str) -> Approval | None:
        link = self._rows.get(LedgerKeys.approval_of_request(request_id))
        return self.get(str(link["approval_id"])) if link else None

    def waiting(self) -> Sequence[Approval]:
        open_ones = (self.get(str(link["approval_id"])) for link in self._rows.query("OPEN"))
        return [approval for approval in open_ones if approval.status == "PENDING"]

    def token(self, approval_id: str) -> str:
        document = self._rows.get(LedgerKeys.token(approval_id))
        if document is None:
            raise UnknownApproval("no workflow waits for this approval", "Run promptops promote again.")
        return str(document["token"])

    def open(self, approval: Approval, task_token: str) -> Approval | None:
        """The approval this one supersedes; a request that has one already only gets its token replaced."""
        for _ in range(MAX_ATTEMPTS):
            known = self.of_request(approval.request_id)
            if known:
                self._rows.put(LedgerKeys.token(known.approval_id), {"token": task_token})
                return None
            link = self._rows.get(LedgerKeys.open_approval(approval.subject.prompt_id))
            before = self.get(str(link["approval_id"])) if link else None
            pending = before if before and before.status == "PENDING" else None
            if self._opened(approval, task_token, before, pending):
                return pending.become("SUPERSEDED") if pending else None
        raise Throttled("approvals of this prompt are opened and decided all the time", "Try again.")

    def decide(
        self, approval: Approval, decision: Decision, actor: Actor, comment: str, now: str
    ) -> Approval:
        """The decided approval; raises AlreadyDecided or ApprovalExpired."""
        if approval.status != "PENDING":
            raise approval.already_decided()
        decided = approval.become(decision, decided_by=actor, decided_at=now, comment=comment)
        with mapped("dynamodb:UpdateItem"):
            try:
                self._rows.client.update_item(**self._change(decided, "expires_at > :now", {":now": now}))
            except self._rows.client.exceptions.ConditionalCheckFailedException as error:
                stored = self.get(approval.approval_id)
                if stored.status == "PENDING":
                    raise ApprovalExpired(
                        f"the approval expired at {stored.expires_at}", "Ask the requester to promote again."
                    ) from error
                raise stored.already_decided() from error
        return decided

    def _opened(
        self, approval: Approval, task_token: str, before: Approval | None, pending: Approval | None
    ) -> bool:
        approval_id, prompt_id = approval.approval_id, approval.subject.prompt_id
        link = {"approval_id": approval_id}
        unmoved = ("approval_id = :seen", {":seen": before.approval_id}) if before else (NEW, None)
        table = self._rows.table
        items: list[Any] = [
            conditional_put(table, approval_row(approval)),
            conditional_put(table, row(LedgerKeys.approval_of_request(approval.request_id), link)),
            conditional_put(table, row(LedgerKeys.token(approval_id), {"token": task_token})),
            conditional_put(table, row(LedgerKeys.open_approval(prompt_id), link, **link), *unmoved),
        ]
        if pending:
            items.append({"Update": self._change(pending.become("SUPERSEDED"))})
        client = self._rows.client
        with mapped("dynamodb:TransactWriteItems"):
            try:
                client.transact_write_items(TransactItems=items)
            except client.exceptions.TransactionCanceledException:
                return False
        return True

    def _change(
        self, approval: Approval, condition: str = "", values: Mapping[str, str | int] | None = None
    ) -> Any:
        """An update of an approval that must still be pending."""
        pending = "#status = :pending"
        changed = {":document": text(approval.to_dict()), ":status": approval.status, ":pending": "PENDING"}
        return {
            "TableName": self._rows.table,
            "Key": key_item(LedgerKeys.approval(approval.approval_id)),
            "UpdateExpression": "SET document = :document, #status = :status",
            "ConditionExpression": f"{pending} AND {condition}" if condition else pending,
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": bound({**changed, **(values or {})}),
        }


def approval_row(approval: Approval) -> dict[str, Any]:
    return row(
        LedgerKeys.approval(approval.approval_id),
        approval.to_dict(),
        status=approval.status,
        expires_at=approval.expires_at,
        consumed_by=approval.consumed_by,
    )
