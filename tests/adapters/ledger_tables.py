"""Registry and ledger tables on an emulated DynamoDB, and what goes into them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3

from promptops.aws.dynamodb_ledger import DynamoDbLedger, DynamoDbLedgers
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.domain.approval import Approval, Subject
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Release, ReleaseKind, next_release
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.request import ReleaseRequest
from promptops.domain.restriction import Restriction, RestrictionKind, next_restriction
from promptops.domain.version import Dataset, VersionRecord
from promptops.ports import Commit
from tests.adapters.registry_table import create_registry_table

ENVIRONMENTS = {"dev": "ledger-dev", "staging": "ledger-staging", "prod": "ledger-prod"}
ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")
BOB = Actor("oidc", "bob@example.com")
PROMPT = "support-ticket"
NOW = "2026-05-26T10:00:00.000000Z"
LATER = "2026-05-27T10:00:00.000000Z"


class Tables:
    """Everything a ledger test starts from; versions 1 to 3 of two prompts are published."""

    def __init__(self, region: str = "eu-central-1") -> None:
        self.client = boto3.client("dynamodb", region_name=region)
        create_registry_table(self.client)
        for table in ENVIRONMENTS.values():
            self._create(table, "pk", "sk")
        self.registry = DynamoDbRegistry("registry", self.client)
        self.ledgers = DynamoDbLedgers(ENVIRONMENTS, self.client, "registry")
        self.dev = self.ledgers["dev"]
        self.staging = self.ledgers["staging"]
        for prompt_id in (PROMPT, "refund-policy"):
            for version in (1, 2, 3):
                assert self.registry.commit(record(prompt_id, version), after=self.registry.family(prompt_id))

    def commit(
        self,
        version: int,
        *,
        ledger: DynamoDbLedger | None = None,
        kind: ReleaseKind = "promote",
        op_id: str = "",
        approval: Approval | None = None,
        prompt_id: str = PROMPT,
        **fields: Any,
    ) -> Release:
        ledger = ledger or self.dev
        return ledger.commit(self.prepared(version, ledger, kind, op_id, approval, prompt_id, **fields))

    def prepared(
        self,
        version: int,
        ledger: DynamoDbLedger,
        kind: ReleaseKind = "promote",
        op_id: str = "",
        approval: Approval | None = None,
        prompt_id: str = PROMPT,
        **fields: Any,
    ) -> Commit:
        head = ledger.head(prompt_id)
        release = next_release(
            head,
            **{
                "version": version,
                "sha256": sha256(version),
                "kind": kind,
                "actor": ALICE,
                "reason": "better answers",
                "at": NOW,
                "op_id": op_id or f"{prompt_id}-{head.revision + 1}-of-v{version}",
                "approval_id": approval.approval_id if approval else "",
                **fields,
            },
        )
        position = self.ledgers.names.index(ledger.environment)
        lower = self.ledgers.names[position - 1] if position and kind == "promote" else None
        return Commit(release, head, lower, approval)

    def revoke(self, version: int, reason: str, kind: RestrictionKind = "revoke") -> Restriction:
        last = next(iter(self.registry.restrictions(PROMPT)), None)
        entry = next_restriction(PROMPT, last, kind=kind, actor=ALICE, reason=reason, at=NOW, version=version)
        self.registry.restrict(entry)
        return entry

    def freeze(self, reason: str, kind: RestrictionKind = "freeze") -> Restriction:
        last = next(iter(self.dev.restrictions(1)), None)
        entry = next_restriction("dev", last, kind=kind, actor=ALICE, reason=reason, at=NOW)
        self.dev.restrict(entry)
        return entry

    def everything(self, environment: str = "dev") -> list[str]:
        items = self.client.scan(TableName=ENVIRONMENTS[environment])["Items"]
        return sorted(str(item) for item in items)

    def _create(self, table: str, partition: str, sort: str) -> None:
        keys = ((partition, "HASH"), (sort, "RANGE"))
        self.client.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],  # type: ignore[typeddict-item]
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )


def sha256(version: int) -> str:
    return f"{version:064x}"


def record(prompt_id: str, version: int) -> VersionRecord:
    return VersionRecord(
        ref=PromptRef(prompt_id, version),
        sha256=sha256(version),
        size_bytes=10,
        object_version="object",
        source_sha256=sha256(version),
        model="some-model",
        dataset=Dataset(),
        policy=Policy("low", Thresholds()),
        owner="team",
        description="",
        rationale="",
        tags=(),
        published_by=ALICE,
        authors=(),
        commit="",
        published_at=NOW,
    )


def an_approval(number: int = 1, *, request_id: str = "", prompt_id: str = PROMPT) -> Approval:
    return Approval(
        approval_id=f"dev-{number:032x}",
        request_id=request_id or f"dev-{number + 100:032x}",
        subject=Subject("dev", prompt_id, 1, sha256(1), "r" * 64, "p" * 64, 0),
        reason="better answers",
        requested_by=ALICE,
        authors=("alice@example.com",),
        publishers=(ALICE,),
        requested_at=NOW,
        expires_at=LATER,
    )


def a_request(status: str = "requested") -> ReleaseRequest:
    made = ReleaseRequest(
        request_id=f"dev-{7:032x}",
        kind="promote",
        environment="dev",
        prompt_id=PROMPT,
        version=1,
        sha256=sha256(1),
        policy_sha256="p" * 64,
        base_revision=0,
        path=("dev",),
        reason="better answers",
        actor=ALICE,
        requested_at=NOW,
        expires_at=LATER,
    )
    return replace(made.step(NOW, "requested"), status=status)  # type: ignore[arg-type]
