"""Restore against DynamoDB's own answers: the rows that come back are those that were there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from promptops.aws.dynamodb_approvals import approval_row
from promptops.aws.dynamodb_archived_rows import Row
from promptops.aws.dynamodb_items import value
from promptops.aws.dynamodb_ledger import DynamoDbLedger
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.dynamodb_release import head_row
from promptops.aws.dynamodb_restore import Compared, beside, compare, write
from promptops.contract.names import LedgerKeys, RegistryKeys
from promptops.domain.errors import IllegalTransition, InvalidUsage
from promptops.domain.identifiers import PromptRef
from tests.adapters.archived_tables import Installed, create_like
from tests.adapters.ledger_tables import PROMPT, an_approval, record


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Installed()


def key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": value(pk), "sk": value(sk)}


def restore(tables: Installed, table: str, rows: Sequence[Row]) -> list[Compared]:
    """What a restore does with one table; how that was before."""
    compared, wanted = beside(table, rows, tables.client)
    write(table, wanted, tables.client)
    return compared


def test_every_row_that_was_archived_comes_back_byte_for_byte(tables: Installed):
    for table, rows in tables.rows().items():
        assert sorted((row.item for row in rows), key=str) == tables.items(table)


def test_a_drill_over_untouched_tables_agrees_row_by_row(tables: Installed):
    for table, rows in tables.rows().items():
        compared = compare(table, rows, tables.client)

        assert sum(kind.agree for kind in compared) == len(rows)
        assert tables.compared(table) == {"missing": [], "earlier": [], "differing": [], "newer": []}


def test_an_attribute_that_only_conditions_look_at_is_compared_too(tables: Installed):
    tables.put("ledger-dev", key(*LedgerKeys.FREEZE), frozen=value("yes"))
    tables.put("ledger-dev", key(*LedgerKeys.head(PROMPT)), revision=value(9))

    assert tables.compared("ledger-dev")["differing"] == [f"HEAD {PROMPT}", "FREEZE CURRENT"]


def test_a_row_that_is_gone_is_missing(tables: Installed):
    tables.client.delete_item(TableName="ledger-dev", Key=key(*LedgerKeys.release(PROMPT, 2)))
    prompt_id, version = RegistryKeys.version(PROMPT, 2)
    tables.client.delete_item(
        TableName="registry", Key={"prompt_id": value(prompt_id), "version": value(version)}
    )

    assert tables.compared("ledger-dev")["missing"] == [f"RELEASE#{PROMPT} 0000000002"]
    assert tables.compared("registry")["missing"] == [f"{PROMPT} v000002"]


def test_what_has_gone_on_since_it_was_archived_is_newer_and_no_difference(tables: Installed):
    tables.commit(2, kind="rollback", op_id="forth")
    tables.freeze("again")
    tables.revoke(5, "it insults customers too")
    made = replace(record(PROMPT, 6), tags=("d",), owner="others")
    assert tables.registry.commit(made, after=tables.registry.family(PROMPT))

    dev, registry = tables.compared("ledger-dev"), tables.compared("registry")

    assert (dev["missing"], dev["differing"]) == ([], [])
    assert sorted(dev["newer"]) == ["FREEZE CURRENT", f"HEAD {PROMPT}", f"VERSION#{PROMPT} v000002"]
    assert (registry["missing"], registry["differing"]) == ([], [])
    assert f"{PROMPT} family" in registry["newer"]


def test_a_row_rewritten_while_the_ledger_went_on_still_differs(tables: Installed):
    tables.put("ledger-dev", key(*LedgerKeys.release(PROMPT, 1)), document=value("{}"))
    tables.commit(2, kind="rollback", op_id="forth")

    assert tables.compared("ledger-dev")["differing"] == [f"RELEASE#{PROMPT} 0000000001"]


def test_what_is_restored_into_new_tables_is_what_was_there(tables: Installed):
    rows = tables.rows()
    for table in ("registry", "ledger-dev"):
        create_like(tables, table, f"new-{table}")
        restore(tables, f"new-{table}", rows[table])

        assert tables.items(f"new-{table}") == tables.items(table)
    new = DynamoDbLedger("dev", {"dev": "new-ledger-dev"}, tables.client)
    registry = DynamoDbRegistry("new-registry", tables.client)
    assert new.heads() == tables.dev.heads()
    assert new.releases(PROMPT) == tables.dev.releases(PROMPT)
    assert new.restrictions() == tables.dev.restrictions()
    assert registry.versions(PROMPT) == tables.registry.versions(PROMPT)
    assert registry.restrictions(PROMPT) == tables.registry.restrictions(PROMPT)
    assert registry.revocations() == tables.registry.revocations()
    assert registry.labelled(PROMPT, "1.0.0") == PromptRef(PROMPT, 4)


def test_a_restored_ledger_goes_on_where_the_old_one_ended(tables: Installed):
    rows = tables.rows()
    create_like(tables, "ledger-dev", "new-ledger-dev")
    restore(tables, "new-ledger-dev", rows["ledger-dev"])
    new = DynamoDbLedger("dev", {"dev": "new-ledger-dev"}, tables.client, "registry")

    released = tables.commit(2, ledger=new, kind="rollback", op_id="goes-on")

    assert (released.revision, released.previous_chain) == (4, tables.dev.head(PROMPT).chain)


def test_no_more_than_the_tables_policy_lets_through_is_called(tables: Installed):
    """BatchWriteItem and its like are denied to everybody: what is written has a condition."""
    create_like(tables, "ledger-dev", "new-ledger-dev")
    called: list[str] = []
    tables.client.meta.events.register("before-call.dynamodb", lambda model, **_: called.append(model.name))

    restore(tables, "new-ledger-dev", tables.rows()["ledger-dev"])

    assert {*called} == {"BatchGetItem", "TransactWriteItems"}


def test_a_restore_that_broke_off_is_repeated_and_writes_only_what_lacks(tables: Installed):
    rows = tables.rows()["ledger-dev"]
    create_like(tables, "ledger-dev", "new-ledger-dev")
    write("new-ledger-dev", beside("new-ledger-dev", rows, tables.client)[1][:5], tables.client)

    compared, wanted = beside("new-ledger-dev", rows, tables.client)
    write("new-ledger-dev", wanted, tables.client)

    assert (sum(kind.agree for kind in compared), len(wanted)) == (5, len(rows) - 5)
    assert tables.items("new-ledger-dev") == tables.items("ledger-dev")
    assert beside("new-ledger-dev", rows, tables.client)[1] == []


def test_a_row_with_another_content_is_named_and_never_written(tables: Installed):
    rows = tables.rows()["ledger-dev"]
    tables.put("ledger-dev", key(*LedgerKeys.release(PROMPT, 2)), document=value("{}"))
    before = tables.items("ledger-dev")

    compared, wanted = beside("ledger-dev", rows, tables.client)
    write("ledger-dev", wanted, tables.client)

    assert [name for kind in compared for name in kind.differing] == [f"RELEASE#{PROMPT} 0000000002"]
    assert tables.items("ledger-dev") == before


def test_a_row_that_somebody_writes_meanwhile_is_not_overwritten(tables: Installed):
    rows = tables.rows()["ledger-dev"]
    create_like(tables, "ledger-dev", "new-ledger-dev")
    _, wanted = beside("new-ledger-dev", rows, tables.client)
    theirs = {**key(*LedgerKeys.head(PROMPT)), "document": value("theirs")}
    tables.client.put_item(TableName="new-ledger-dev", Item=theirs)

    with pytest.raises(IllegalTransition, match=f"HEAD {PROMPT} in new-ledger-dev was written by somebody"):
        write("new-ledger-dev", wanted, tables.client)

    assert theirs in tables.client.scan(TableName="new-ledger-dev")["Items"]


def test_tables_from_before_the_last_rows_are_brought_up_to_the_archive(tables: Installed):
    """As after a recovery to a point in time: logs end earlier, what holds now is what held then."""
    for name in ("ledger-dev", "registry"):
        create_like(tables, name, f"new-{name}")
        for item in tables.client.scan(TableName=name)["Items"]:
            tables.client.put_item(TableName=f"new-{name}", Item=item)
    approval = tables.dev.approval(an_approval().approval_id)
    tables.commit(1, op_id="on", kind="rollback")
    tables.commit(2, op_id="and-on", kind="rollback")
    tables.freeze("once more")
    tables.revoke(1, "it insults customers too")
    tables.revoke(4, "again")
    made = replace(record(PROMPT, 6), tags=("c", "d"), owner="team")
    assert tables.registry.commit(made, after=tables.registry.family(PROMPT))
    unused = approval_row(replace(approval, consumed_by=""))
    tables.client.put_item(TableName="new-ledger-dev", Item=unused)
    tables.archive_all()

    for name, rows in tables.rows().items():
        if name not in ("ledger-dev", "registry"):
            continue
        compared = restore(tables, f"new-{name}", rows)
        assert [kind.kind for kind in compared if kind.differing or kind.newer] == []
        assert sum(len(kind.earlier) for kind in compared) >= 4
        assert tables.items(f"new-{name}") == tables.items(name)


def test_a_row_brought_up_is_still_the_one_that_was_seen(tables: Installed):
    create_like(tables, "ledger-dev", "new-ledger-dev")
    first = head_row(tables.dev.release(PROMPT, 1).head())
    tables.client.put_item(TableName="new-ledger-dev", Item=first)
    _, wanted = beside("new-ledger-dev", tables.rows()["ledger-dev"], tables.client)
    moved = {**first, "revision": value(2)}
    tables.client.put_item(TableName="new-ledger-dev", Item=moved)

    with pytest.raises(IllegalTransition, match="HEAD"):
        write("new-ledger-dev", wanted, tables.client)
    assert moved in tables.client.scan(TableName="new-ledger-dev")["Items"]


def test_one_transaction_has_no_more_than_its_limits(tables: Installed):
    create_like(tables, "ledger-dev", "new-ledger-dev")
    sent: list[int] = []
    tables.client.meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: sent.append(len(params["TransactItems"])),
    )
    small = [Row("release", {**key("many", str(number)), "document": value("x")}) for number in range(230)]
    large = [Row("release", {**key("large", str(n)), "document": value("x" * 300_000)}) for n in range(9)]

    restore(tables, "new-ledger-dev", small)
    assert sent == [100, 100, 30]
    sent.clear()
    restore(tables, "new-ledger-dev", large)
    assert sent == [4, 4, 1]


def test_heads_and_families_are_written_last(tables: Installed):
    """What is half written serves nobody."""
    rows = tables.rows()
    written: list[str] = []
    tables.client.meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: written.extend(str(one["Put"]["Item"]) for one in params["TransactItems"]),
    )
    for table, last in (("ledger-dev", "HEAD"), ("registry", "family")):
        create_like(tables, table, f"new-{table}")
        written.clear()
        restore(tables, f"new-{table}", rows[table])
        heads = [f"'{last}'" in item for item in written]
        assert heads == sorted(heads)
        assert True in heads


def test_a_table_that_is_not_there_is_named(tables: Installed):
    with pytest.raises(InvalidUsage, match="there is no table 'nowhere'"):
        compare("nowhere", tables.rows()["registry"], tables.client)
