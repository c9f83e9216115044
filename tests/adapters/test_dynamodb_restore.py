"""Restore against DynamoDB's own answers: the rows that come back are those that were there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from promptops.aws.dynamodb_items import value
from promptops.aws.dynamodb_ledger import DynamoDbLedger
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.dynamodb_restore import check_empty, compare, write
from promptops.contract.names import LedgerKeys, RegistryKeys
from promptops.domain.errors import IllegalTransition, InvalidUsage
from promptops.domain.identifiers import PromptRef
from tests.adapters.archived_tables import Installed, create_like
from tests.adapters.ledger_tables import PROMPT, record


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Installed()


def key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": value(pk), "sk": value(sk)}


def test_every_row_that_was_archived_comes_back_byte_for_byte(tables: Installed):
    for table, rows in tables.rows().items():
        assert sorted((row.item for row in rows), key=str) == tables.items(table)


def test_a_drill_over_untouched_tables_agrees_row_by_row(tables: Installed):
    for table, rows in tables.rows().items():
        compared = compare(table, rows, tables.client)

        assert sum(kind.agree for kind in compared) == len(rows)
        assert tables.compared(table) == {"missing": [], "differing": [], "newer": []}


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
        check_empty(f"new-{table}", tables.client)
        write(f"new-{table}", rows[table], tables.client)

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
    write("new-ledger-dev", rows["ledger-dev"], tables.client)
    new = DynamoDbLedger("dev", {"dev": "new-ledger-dev"}, tables.client, "registry")

    released = tables.commit(2, ledger=new, kind="rollback", op_id="goes-on")

    assert (released.revision, released.previous_chain) == (4, tables.dev.head(PROMPT).chain)


def test_a_table_that_is_not_empty_is_left_alone(tables: Installed):
    with pytest.raises(IllegalTransition, match="ledger-dev is not empty"):
        check_empty("ledger-dev", tables.client)


def test_a_table_that_is_not_there_is_named(tables: Installed):
    with pytest.raises(InvalidUsage, match="there is no table 'nowhere'"):
        check_empty("nowhere", tables.client)
