"""audit verify and audit restore: what people and scripts get to know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.cli import records
from promptops.domain.errors import AccessRefused
from promptops.domain.identifiers import PromptRef
from promptops.stages.audit import Auditor
from tests.unit.audit_world import AuditWorld
from tests.unit.cli.stack import ENVIRONMENTS, FakeLine, Stack
from tests.unit.release_world import PROMPT

KEYS = ({"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"})


class AuditLine(FakeLine):
    """A line to everything an AuditWorld has on record; its tables are empty ones."""

    world: AuditWorld
    dynamodb: Any = None

    def client(self, service: Any, connections: int = 10) -> Any:
        assert service == "dynamodb"
        return self.dynamodb


class AuditStack(Stack):
    world: AuditWorld

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.world = AuditWorld()
        self.line = AuditLine(self.world)
        for version in (1, 2):
            self.world.release(self.world.publish(version), to="prod")
        self.world.archive_all()
        monkeypatch.setattr(records, "auditor_of", self.auditor_of)

    def auditor_of(self, _line: Any, say: Any, bucket: str = "") -> Auditor:
        say("registry: 1 of 1 prompts")
        return self.world.auditor()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> AuditStack:
    return AuditStack(monkeypatch)


@pytest.fixture
def tables(stack: AuditStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditStack]:
    """The installation's tables, without a row in them, and others beside them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("dynamodb", "eu-central-1")
        for prefix in ("", "new-"):
            for name in ENVIRONMENTS:
                _create(client, f"{prefix}ledger-{name}", "pk", "sk")
            _create(client, f"{prefix}registry", "prompt_id", "version")
        stack.line.dynamodb = client  # type: ignore[attr-defined]
        yield stack


def _create(client: Any, table: str, *keys: str) -> None:
    kinds = zip(keys, ("HASH", "RANGE"), strict=True)
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in kinds],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        BillingMode="PAY_PER_REQUEST",
    )


def new_tables() -> list[str]:
    ledgers = [option for name in ENVIRONMENTS for option in ("--ledger", f"{name}=new-ledger-{name}")]
    return ["--registry", "new-registry", *ledgers]


def test_a_clean_audit_says_what_was_checked_and_ok(stack: AuditStack):
    result = stack.run("audit", "verify")

    assert (result.exit_code, result.stderr) == (0, "")
    heads, *rows, last = result.stdout.splitlines()
    assert heads.split() == ["PROMPTS", "CHECKED", "FINDINGS", "REMARKS"]
    assert [row.split() for row in rows] == [
        ["registry", "1", "2", "versions", "0", "0"],
        *([name, "1", "2", "releases", "0", "0"] for name in ENVIRONMENTS),
    ]
    assert last == "ok"


def test_a_clean_audit_is_one_complete_document(stack: AuditStack):
    document = stack.document("audit", "verify", PROMPT, "--env", "prod")

    assert document == {
        "ok": True,
        "prompt_id": PROMPT,
        "environment": "prod",
        "registry": {"versions": 2, "prompts": 1, "findings": [], "remarks": []},
        "environments": [{"environment": "prod", "releases": 2, "prompts": 1, "findings": [], "remarks": []}],
    }


def test_a_finding_is_named_and_exits_5(stack: AuditStack):
    stack.world.forge_row("prod", 2, reason="nothing to see here")

    result = stack.run("audit", "verify")

    assert result.exit_code == 5
    assert result.stderr == (
        "E_AUDIT: prod support-ticket revision 2 has reason 'nothing to see here', should have "
        "reason 'better answers', as archived. "
        "Change nothing yet; docs/audit.md says what a finding means.\n"
    )
    assert "revision 2" in result.stdout
    assert "ok" not in result.stdout.split()


def test_a_finding_in_json_has_the_whole_document_with_its_error(stack: AuditStack):
    stack.world.forge_row("prod", 2, reason="nothing to see here")

    error = stack.document("audit", "verify")["error"]

    assert (error["code"], error["data"]["ok"]) == ("E_AUDIT", False)
    assert error["data"]["environments"][2]["findings"][0] == {
        "log": "releases",
        "environment": "prod",
        "prompt_id": PROMPT,
        "row": "revision 2",
        "holds": "reason 'nothing to see here'",
        "should": "reason 'better answers', as archived",
    }


def test_what_is_not_archived_yet_is_remarked_and_exits_0(stack: AuditStack):
    stack.world.release(stack.world.publish(3), to="dev")

    result = stack.run("audit", "verify")

    assert result.exit_code == 0
    assert "dev support-ticket: 1 release not archived yet" in result.stdout
    assert "registry support-ticket: 1 version not archived yet" in result.stdout


def test_a_denied_read_names_the_action(stack: AuditStack, monkeypatch: pytest.MonkeyPatch):
    def denied(prompt_id: str, archived: int) -> None:
        raise AccessRefused("dynamodb:Query answered AccessDeniedException", "Ask for the policy.")

    monkeypatch.setattr(stack.world.trails["prod"], "log", denied)

    result = stack.run("audit", "verify")

    assert (result.exit_code, result.stderr) == (
        4,
        "E_ACCESS: dynamodb:Query answered AccessDeniedException. Ask for the policy.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("audit", "verify", "Not An Id"), "E_ID"),
        (("audit", "verify", "never-heard-of"), "E_PROMPT_UNKNOWN"),
        (("audit", "verify", "--env", "production"), "E_ENV"),
        (("audit", "restore"), "E_USAGE"),
        (("audit", "restore", "--drill", "--registry", "new"), "E_USAGE"),
        (("audit", "restore", "--registry", "new"), "E_USAGE"),
        (("audit", "restore", "--ledger", "dev=new"), "E_USAGE"),
        (("audit", "restore", "--registry", "new", "--ledger", "dev=new"), "E_USAGE"),
        (("audit", "restore", "--registry", "new", "--ledger", "dev=a", "--ledger", "prod=a"), "E_USAGE"),
        (("audit", "restore", "--registry", "new", "--ledger", "dev"), "E_USAGE"),
    ],
)
def test_bad_input_has_its_code(stack: AuditStack, arguments: tuple[str, ...], code: str):
    result = stack.run(*arguments)

    assert (result.exit_code, result.stderr.partition(":")[0]) == (2, code)


def test_a_drill_over_tables_that_lost_everything_names_the_first_row(tables: AuditStack):
    result = tables.run("audit", "restore", "--drill")

    assert result.exit_code == 5
    assert result.stderr.startswith(
        "E_AUDIT: registry lacks the version support-ticket v000001, by the archive."
    )
    assert "requests, and approvals that no release used" in result.stdout


def test_a_restore_fills_new_tables_and_a_drill_over_them_agrees(tables: AuditStack):
    done = tables.run("audit", "restore", *new_tables())
    tables.line.installation = _with_new_tables(tables)  # type: ignore[misc]

    drill = tables.document("audit", "restore", "--drill")

    assert done.exit_code == 0
    assert "new-ledger-prod" in done.stdout
    assert "requests, and approvals that no release used" in done.stdout
    assert drill["ok"] is True
    (releases,) = [kind for kind in drill["tables"][3]["kinds"] if kind["kind"] == "release"]
    assert releases == {
        "kind": "release",
        "agree": 2,
        "missing": [],
        "earlier": [],
        "differing": [],
        "newer": [],
    }


def test_a_second_restore_finds_everything_there_and_writes_nothing(tables: AuditStack):
    first = tables.document("audit", "restore", *new_tables())
    again = tables.document("audit", "restore", *new_tables())

    assert first["ok"] is again["ok"] is True
    assert [(row["written"], row["there"]) for row in first["tables"]] == [
        (row["there"], row["written"]) for row in again["tables"]
    ]
    (releases,) = [
        row for row in again["tables"] if row["table"] == "new-ledger-prod" and row["kind"] == "release"
    ]
    assert releases == {
        "environment": "prod",
        "table": "new-ledger-prod",
        "kind": "release",
        "written": 0,
        "brought_up": 0,
        "there": 2,
        "newer": 0,
        "different": [],
    }


def test_a_restore_over_a_row_with_another_content_names_it_and_writes_nothing_anywhere(tables: AuditStack):
    client = tables.line.client("dynamodb")
    theirs = {
        "pk": {"S": f"RELEASE#{PROMPT}"},
        "sk": {"S": "0000000001"},
        "document": {"S": "{}"},
    }
    client.put_item(TableName="new-ledger-prod", Item=theirs)

    result = tables.run("audit", "restore", *new_tables())

    assert result.exit_code == 5
    assert result.stderr == (
        f"E_AUDIT: new-ledger-prod differs in the release RELEASE#{PROMPT} 0000000001, by the archive. "
        "Nothing was written. See docs/audit.md: a row with other content is never overwritten.\n"
    )
    assert client.scan(TableName="new-registry")["Items"] == []
    assert client.scan(TableName="new-ledger-prod")["Items"] == [theirs]
    row = next(row for row in result.stdout.splitlines() if "new-ledger-prod" in row and " release " in row)
    assert row.split()[-5:] == ["0", "0", "0", "0", "1"]


def test_a_drill_names_rows_that_the_archive_could_not_give_back(tables: AuditStack):
    tables.run("audit", "restore", *new_tables())
    tables.line.installation = _with_new_tables(tables)  # type: ignore[misc]
    tables.world.forget_archive()

    young = tables.document("audit", "restore", "--drill")
    tables.world.clock.pass_hours(1)
    old = tables.run("audit", "restore", "--drill")

    assert (young["ok"], young["remarks"][0]["text"]) == (True, "2 versions not archived yet")
    assert old.exit_code == 5
    assert old.stderr.startswith(
        "E_AUDIT: support-ticket v1 has no copy in the archive, should have one: it is older than 15 minutes."
    )


def test_an_archive_that_was_tampered_with_is_not_restored(tables: AuditStack):
    key = next(key for key in tables.world.archive.objects if "/ledger/prod/releases/" in key)
    copy: Any = tables.world.archive.objects[key]
    tables.world.archive.objects[key] = {**copy, "release": {**copy["release"], "reason": "trust me"}}

    result = tables.run("audit", "restore", *new_tables())

    assert result.exit_code == 5
    assert result.stderr.startswith("E_AUDIT: prod support-ticket archived revision 1 has chain ")
    assert tables.line.client("dynamodb").scan(TableName="new-registry")["Items"] == []


def test_a_version_whose_bytes_are_gone_is_found_by_a_drill(tables: AuditStack):
    tables.world.spoil(PromptRef(PROMPT, 2), "missing")

    assert tables.run("audit", "restore", "--drill").stderr.startswith(
        "E_AUDIT: support-ticket v2 has an artifact of which holds: "
    )


def _with_new_tables(stack: AuditStack) -> Any:
    from dataclasses import replace

    return replace(
        stack.line.installation,
        registry_table="new-registry",
        ledger_tables={name: f"new-ledger-{name}" for name in ENVIRONMENTS},
    )
