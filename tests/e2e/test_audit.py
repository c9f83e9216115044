"""The audit of a deployed installation: clean after real work, and not after a row was changed behind it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from infra.local.demo.people import UnexpectedEnd
from promptops.aws.dynamodb_items import value
from promptops.aws.dynamodb_ledger import DynamoDbLedgers
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.dynamodb_rows import key_item
from promptops.aws.dynamodb_stored import partition
from promptops.contract.names import (
    DEFAULT_PREFIX,
    LedgerKeys,
    function_name,
    pointer_parameter,
    release_record_key,
)
from promptops.domain.canonical import canonical
from promptops.domain.pointer import Pointer
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import renamed
from tests.e2e.inside import installation, ledger
from tests.e2e.releases import two_releases
from tests.waiting import until

TICKET, REFUND = "audited-ticket", "audited-refund"
ENVIRONMENTS = ("dev", "staging", "prod")
FORGED = Pointer(7, 9, "f" * 64).to_text()


@pytest.fixture(scope="module")
def worked(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> LocalAws:
    """Releases low and high, one of them approved; a rollback, a freeze and a revocation; all archived."""
    alice, bob, carol = (aws.person(name) for name in ("alice", "bob", "carol"))
    two_releases(aws, tmp_path_factory.mktemp("prompts"), TICKET)
    alice.types("promote", f"{TICKET}@v1", "--to", "prod", "--reason", "first one out")
    carol.types("rollback", TICKET, "--env", "dev", "--reason", "worse answers")
    carol.types("freeze", "--env", "dev", "--reason", "audit week")
    carol.types("unfreeze", "--env", "dev", "--reason", "audit week is over")
    carol.types("revoke", f"{TICKET}@v2", "--reason", "it insults customers")
    alice.types("publish", str(renamed(tmp_path_factory.mktemp("refunds"), "refund-policy", REFUND)))
    ask = ("promote", f"{REFUND}@v1", "--to", "prod", "--reason", "refunds by policy", "--no-wait")
    request_id = alice.types(*ask).document["request_id"]
    approval = until("the approval", lambda: ledger(aws, "prod").approval_of_request(request_id))
    bob.types("approve", approval.approval_id, "--comment", "read it")
    until("the release", lambda: ledger(aws, "prod").head(REFUND).revision)
    archive(aws)
    return aws


def archive(aws: LocalAws) -> None:
    """What the schedules send every minute, sent now."""
    for environment in ENVIRONMENTS:
        aws.invoke(function_name(DEFAULT_PREFIX, "promote", environment), {"task": "reconcile"})
    aws.invoke(function_name(DEFAULT_PREFIX, "publish"), {"task": "archive"})


def told(aws: LocalAws, *command: str) -> dict[str, Any]:
    """The auditor's document, whether or not other tests have left something to be found."""
    frank = aws.person("frank")
    try:
        return dict(frank.types("audit", *command).document)
    except UnexpectedEnd:
        return dict(frank.types("audit", *command, expect=5).document["error"]["data"])


def texts_of(remarks: list[dict[str, str]]) -> list[str]:
    return [remark["text"] for remark in remarks]


def verified(aws: LocalAws, prompt_id: str, *, expect: int = 0) -> dict[str, Any]:
    """What the auditor is told about one prompt."""
    return dict(aws.person("frank").types("audit", "verify", prompt_id, expect=expect).document)


@contextmanager
def changed_row(aws: LocalAws, table: str, key: dict[str, Any], old: str, new: str) -> Iterator[None]:
    """One row with another text in its document, by somebody with every right on the table."""
    client = aws.client("dynamodb")
    item = client.get_item(TableName=table, Key=key)["Item"]
    assert old in item["document"]["S"]
    document = value(item["document"]["S"].replace(old, new))
    client.put_item(TableName=table, Item={**item, "document": document})
    try:
        yield
    finally:
        client.put_item(TableName=table, Item=item)


@pytest.mark.parametrize(("prompt_id", "releases"), [(TICKET, [3, 1, 1]), (REFUND, [1, 1, 1])])
def test_an_auditor_finds_nothing_wrong_with_what_the_line_did(
    worked: LocalAws, prompt_id: str, releases: list[int]
):
    document = verified(worked, prompt_id)

    assert document["ok"] is True
    assert [part["releases"] for part in document["environments"]] == releases
    late = [remark for part in document["environments"] for remark in part["remarks"]]
    assert [remark for remark in late if "not archived" in remark["text"]] == []
    assert document["registry"]["remarks"] == []


def test_freezes_are_right_too(worked: LocalAws):
    (dev,) = told(worked, "verify", "--env", "dev")["environments"]

    assert dev["prompts"] >= 2
    assert [finding for finding in dev["findings"] if finding["log"] == "freezes"] == []
    assert not any("freeze" in remark["text"] for remark in dev["remarks"])


def test_a_changed_release_is_named_until_it_is_put_back(worked: LocalAws):
    table = installation(worked).ledger_tables["prod"]
    key = key_item(LedgerKeys.release(REFUND, 1))

    with changed_row(worked, table, key, "refunds by policy", "refunds for friends"):
        error = verified(worked, REFUND, expect=5)["error"]

    assert error["code"] == "E_AUDIT"
    assert error["what"] == (
        f"prod {REFUND} revision 1 has reason 'refunds for friends', "
        "should have reason 'refunds by policy', as archived"
    )
    assert verified(worked, REFUND)["ok"] is True


def test_an_approval_said_to_be_somebody_elses_is_named(worked: LocalAws):
    approval_id = ledger(worked, "prod").releases(REFUND)[0].approval_id
    table, key = installation(worked).ledger_tables["prod"], key_item(LedgerKeys.approval(approval_id))

    with changed_row(worked, table, key, ":user/bob", ":user/alice"):
        what = verified(worked, REFUND, expect=5)["error"]["what"]

    assert what.startswith(f"prod {REFUND} revision 1 has an approval with decided_by ")


def test_a_pointer_of_what_was_never_released_is_named_with_its_writer(worked: LocalAws):
    name = pointer_parameter(DEFAULT_PREFIX, "prod", "audited-nowhere")
    worked.client("ssm", "erin").put_parameter(Name=name, Value=FORGED, Type="String")

    what = verified(worked, "audited-nowhere", expect=5)["error"]["what"]

    (entry,) = worked.client("ssm").get_parameter_history(Name=name)["Parameters"]
    worked.client("ssm").delete_parameter(Name=name)
    assert what.startswith("prod audited-nowhere pointer value 1 has live v7 as revision 9, ffffffffffff")
    assert f"written by {entry['LastModifiedUser']} at 20" in what


def test_a_pointer_that_the_reconciler_put_back_is_told_and_no_fault(worked: LocalAws):
    name = pointer_parameter(DEFAULT_PREFIX, "prod", REFUND)
    worked.client("ssm", "erin").put_parameter(Name=name, Value=FORGED, Overwrite=True)
    archive(worked)

    remarks = verified(worked, REFUND)["environments"][2]["remarks"]

    assert any("live v7 as revision 9" in told and "dealt with" in told for told in texts_of(remarks))


def test_the_archive_gives_back_every_row_there_is(worked: LocalAws):
    drill = told(worked, "restore", "--drill")

    kinds = [kind for table in drill["tables"] for kind in table["kinds"]]
    wrong = [name for kind in kinds for name in (*kind["missing"], *kind["differing"])]
    assert [name for name in wrong if TICKET in name or REFUND in name] == []
    agreed = {kind["kind"]: kind["agree"] for kind in drill["tables"][3]["kinds"]}
    assert agreed["release"] >= 2
    assert agreed["approval"] >= 1


def test_an_administrator_restores_into_new_tables_what_was_there(worked: LocalAws):
    found = installation(worked)
    tables = {"": "restored-registry", **{name: f"restored-{name}" for name in ENVIRONMENTS}}
    for environment, table in tables.items():
        create_like(worked, found.ledger_tables[environment] if environment else found.registry_table, table)
    ledgers = [part for name in ENVIRONMENTS for part in ("--ledger", f"{name}={tables[name]}")]
    restore = ("audit", "restore", "--registry", tables[""], *ledgers)

    worked.person("frank").types(*restore, expect=4)
    worked.person("erin").types(*restore)
    client = worked.client("dynamodb")
    lost = [key_item(LedgerKeys.head(REFUND)), key_item(LedgerKeys.release(TICKET, 1))]
    for row in lost:
        client.delete_item(TableName=tables["prod"], Key=row)
    again = worked.person("erin").types(*restore).document

    assert {row["table"] for row in again["tables"] if row["written"]} == {tables["prod"]}
    assert sum(row["written"] for row in again["tables"]) == len(lost)
    new = DynamoDbLedgers({name: tables[name] for name in ENVIRONMENTS}, client)
    for environment in ENVIRONMENTS:
        for prompt_id in (TICKET, REFUND):
            lived = ledger(worked, environment)
            assert new[environment].head(prompt_id) == lived.head(prompt_id)
            assert new[environment].releases(prompt_id) == lived.releases(prompt_id)
        assert new[environment].restrictions() == ledger(worked, environment).restrictions()
    restored, lived_in = (DynamoDbRegistry(table, client) for table in (tables[""], found.registry_table))
    for prompt_id in (TICKET, REFUND):
        assert restored.versions(prompt_id) == lived_in.versions(prompt_id)
        assert restored.restrictions(prompt_id) == lived_in.restrictions(prompt_id)
        assert _rows(worked, tables[""], prompt_id) == _rows(worked, found.registry_table, prompt_id)


def test_a_restore_never_overwrites_what_somebody_else_wrote(worked: LocalAws):
    found = installation(worked)
    key = key_item(LedgerKeys.release(REFUND, 1))
    ledgers = [part for name in ENVIRONMENTS for part in ("--ledger", f"{name}={found.ledger_tables[name]}")]
    restore = ("audit", "restore", "--registry", found.registry_table, *ledgers)

    with changed_row(worked, found.ledger_tables["prod"], key, "refunds by policy", "refunds for friends"):
        error = worked.person("erin").types(*restore, expect=5).document["error"]
        kept = worked.client("dynamodb").get_item(TableName=found.ledger_tables["prod"], Key=key)["Item"]

    assert "refunds for friends" in kept["document"]["S"]
    different = [name for row in error["data"]["tables"] for name in row["different"]]
    assert f"RELEASE#{REFUND} 0000000001" in different
    assert sum(row["written"] for row in error["data"]["tables"]) == 0


def test_a_release_record_that_no_promotion_wrote_is_named(worked: LocalAws):
    """Whoever may write into the bucket could make applications take a version for released."""
    bucket = installation(worked).artifact_bucket
    forged = replace(ledger(worked, "dev").release(TICKET, 2), prompt_id="audited-forged", version=7).sealed()
    key = release_record_key("dev", "audited-forged", 7)
    s3 = worked.client("s3")
    made = s3.put_object(Bucket=bucket, Key=key, Body=canonical(forged.to_dict()), IfNoneMatch="*")

    what = verified(worked, "audited-forged", expect=5)["error"]["what"]

    s3.delete_object(Bucket=bucket, Key=key, VersionId=made["VersionId"], BypassGovernanceRetention=True)
    assert what == (
        "dev audited-forged release record v7 has a promote of v7, "
        "should have none: it was never promoted here"
    )


def _rows(aws: LocalAws, table: str, prompt_id: str) -> list[dict[str, Any]]:
    """A prompt's rows as they are, but for how far they are archived."""
    rows = partition(aws.client("dynamodb"), table, ("prompt_id", "version"), prompt_id)
    return [{name: part for name, part in row.items() if name != "archived"} for row in rows]


def create_like(aws: LocalAws, table: str, name: str) -> None:
    """An empty table with another one's keys and indices."""
    client = aws.client("dynamodb")
    found = client.describe_table(TableName=table)["Table"]
    indices = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
        for index in found.get("GlobalSecondaryIndexes", [])
    ]
    client.create_table(
        TableName=name,
        KeySchema=found["KeySchema"],
        AttributeDefinitions=found["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indices} if indices else {}),
    )
