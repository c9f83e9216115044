"""Tables with something of every kind in them, and the archive that was made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from promptops.aws.dynamodb_archived_rows import Row, ledger_rows, registry_rows
from promptops.aws.dynamodb_restore import compare
from promptops.contract.names import archived_version_key
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Evidence
from promptops.domain.restored import Restored
from promptops.stages.archive import Archiver
from promptops.stages.restore import rebuild
from tests.adapters.ledger_tables import BOB, ENVIRONMENTS, NOW, PROMPT, Tables, an_approval, record
from tests.unit.fakes import FakeArchive
from tests.unit.fakes_release import FakeReleaseRecords

EVIDENCE = Evidence(f"reports/{PROMPT}/v1/e.json", "e" * 64, "pass", 1.0, NOW)
#: What is not archived: who asks for what, what waits, what was found, how far the archive is.
NOT_RESTORED = ("REQUEST#", "TOKEN#", "OPEN", "DRIFT", "ARCHIVED")


class Reports:
    """One report, of the first version."""

    def of_version(self, ref: PromptRef) -> list[tuple[Evidence, Any]]:
        return [(EVIDENCE, None)] if ref == PromptRef(PROMPT, 1) else []


class Installed(Tables):
    """Tables with something of every kind in them, and the archive the line's own functions made of it."""

    def __init__(self) -> None:
        super().__init__()
        for version, label, tags, owner in ((4, "1.0.0", ("a", "b"), "team"), (5, "", ("b", "c"), "others")):
            made = replace(record(PROMPT, version), label=label, tags=tags, owner=owner)
            assert self.registry.commit(made, after=self.registry.family(PROMPT))
        self.registry.link_evidence(PromptRef(PROMPT, 1), EVIDENCE)
        approval = an_approval()
        self.dev.open_approval(approval, "token")
        self.commit(1, approval=self.dev.decide(approval, "APPROVED", BOB, "read it", NOW))
        self.commit(2)
        self.commit(1, kind="rollback", op_id="back")
        self.commit(2, ledger=self.staging)
        self.commit(2, kind="retire", ledger=self.staging, op_id="away")
        self.freeze("audit week")
        self.freeze("over", "unfreeze")
        self.revoke(3, "it insults customers")
        self.revoke(4, "a mistake")
        self.revoke(4, "it was none", "unrevoke")
        self.archive = FakeArchive()
        self.archive_all()

    def archive_all(self) -> None:
        for environment in ENVIRONMENTS:
            ledger = self.ledgers[environment]
            registry = self.registry if environment == "prod" else None
            assert Archiver(ledger, self.archive, FakeReleaseRecords(), registry).copy(ledger.heads()) == []
        for prompt_id in (PROMPT, "refund-policy"):
            for found in self.registry.versions(prompt_id):
                self.archive.keep(archived_version_key(prompt_id, found.ref.version), found.archived())
                self.registry.mark_archived(prompt_id, found.ref.version)

    def restored(self) -> Restored:
        found = rebuild(
            list(ENVIRONMENTS), archive=self.archive, reports=Reports(), check_artifact=lambda record: None
        )
        assert found.findings == ()
        return found

    def rows(self) -> dict[str, list[Row]]:
        """What the archive gives back, by the table it was in."""
        restored = self.restored()
        ledgers = {ENVIRONMENTS[ledger.environment]: [*ledger_rows(ledger)] for ledger in restored.ledgers}
        return {
            "registry": [row for prompt in restored.prompts for row in registry_rows(prompt)],
            **ledgers,
        }

    def compared(self, table: str) -> dict[str, list[str]]:
        """The rows of a table that are not as archived, by what they are."""
        found: dict[str, list[str]] = {"missing": [], "earlier": [], "differing": [], "newer": []}
        for kind in compare(table, self.rows()[table], self.client):
            for name, names in found.items():
                names += getattr(kind, name)
        return found

    def items(self, table: str) -> list[dict[str, Any]]:
        found = self.client.scan(TableName=table)["Items"]
        kept = [
            {name: content for name, content in item.items() if name != "archived"}
            for item in found
            if not item.get("pk", {"S": ""})["S"].startswith(NOT_RESTORED)
        ]
        return sorted(kept, key=str)

    def put(self, table: str, key: dict[str, Any], **attributes: Any) -> None:
        """Change attributes of one row, as somebody with rights on the table could."""
        (item,) = [found for found in self.items(table) if key.items() <= found.items()]
        self.client.put_item(TableName=table, Item={**item, **attributes})


def create_like(tables: Tables, table: str, name: str) -> None:
    """An empty table with another one's keys and indices."""
    found = tables.client.describe_table(TableName=table)["Table"]
    indices = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}  # type: ignore[literal-required]
        for index in found.get("GlobalSecondaryIndexes", [])
    ]
    more: Any = {"GlobalSecondaryIndexes": indices} if indices else {}
    tables.client.create_table(
        TableName=name,
        KeySchema=found["KeySchema"],
        AttributeDefinitions=found["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
