"""What a ledger table keeps beside its releases: freezes, findings and marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from moto import mock_aws

from promptops.aws.dynamodb_rows import row
from promptops.contract.names import LedgerKeys
from promptops.domain.drift import Drift
from promptops.domain.errors import Conflict
from promptops.domain.ledger import GENESIS
from promptops.domain.restriction import next_restriction
from tests.adapters.ledger_tables import ALICE, BOB, ENVIRONMENTS, NOW, PROMPT, Tables


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Tables()


def test_the_log_is_dense_chained_and_newest_first(tables):
    made = [tables.freeze("incident 7"), tables.freeze("over", "unfreeze"), tables.freeze("incident 8")]

    log = tables.dev.restrictions()

    assert log == made[::-1]
    assert [entry.sequence for entry in log] == [3, 2, 1]
    assert [entry.previous_chain for entry in made] == [GENESIS, made[0].chain, made[1].chain]
    assert all(entry.sealed() == entry for entry in log)
    assert tables.dev.restrictions(limit=1) == [made[2]]
    assert tables.dev.frozen_because() == "incident 8"
    assert tables.staging.restrictions() == []
    assert tables.staging.frozen_because() == ""


def test_an_entry_onto_a_log_that_moved_on_is_a_conflict_and_changes_nothing(tables):
    first = tables.freeze("incident 7")
    late = next_restriction("dev", None, kind="freeze", actor=BOB, reason="mine", at=NOW)
    before = tables.everything()

    with pytest.raises(Conflict, match="has an entry 1 already"):
        tables.dev.restrict(late)
    ahead = next_restriction(
        "dev", replace(first, sequence=5).sealed(), kind="unfreeze", actor=BOB, reason="x", at=NOW
    )
    with pytest.raises(Conflict):
        tables.dev.restrict(ahead)

    assert tables.everything() == before


def test_a_lost_reply_of_an_applied_entry_is_found_again(tables, monkeypatch):
    real = tables.client.transact_write_items

    def applied_twice(**kwargs):
        monkeypatch.setattr(tables.client, "transact_write_items", real)
        real(**kwargs)
        return real(**kwargs)

    monkeypatch.setattr(tables.client, "transact_write_items", applied_twice)
    tables.freeze("incident 7")

    assert [entry.reason for entry in tables.dev.restrictions()] == ["incident 7"]


def test_marks_only_rise_and_are_of_one_environment(tables):
    assert tables.dev.archived() == {}
    tables.dev.mark_archived(PROMPT, 3)
    tables.dev.mark_archived("refund-policy", 1)

    tables.dev.mark_archived(PROMPT, 2)

    assert tables.dev.archived() == {PROMPT: 3, "refund-policy": 1}
    assert tables.staging.archived() == {}


def a_drift(at: str, prompt_id: str = PROMPT) -> Drift:
    return Drift(prompt_id, "'v9'", '{"version":"v1"}', ALICE.identity, "refused", at)


def test_findings_are_kept_newest_first_and_asked_for_since_a_moment(tables):
    moments = [f"2026-05-2{day}T10:00:00.000000Z" for day in (6, 7, 8)]
    drifts = [a_drift(at) for at in moments]
    for drift in drifts:
        tables.dev.note_drift(drift)
    together = a_drift(moments[2], "refund-policy")
    tables.dev.note_drift(together)

    assert tables.dev.drifts() == [drifts[2], together, drifts[1], drifts[0]]
    assert tables.dev.drifts(since=moments[1]) == [drifts[2], together, drifts[1]]
    assert tables.dev.drifts(limit=1) == [drifts[2]]
    assert tables.staging.drifts() == []


def test_a_finding_told_twice_is_one_and_says_what_was_said_last(tables):
    drift = a_drift("2026-05-26T10:00:00.000000Z")
    tables.dev.note_drift(replace(drift, mended=False))

    tables.dev.note_drift(drift)

    assert tables.dev.drifts() == [drift]


@pytest.mark.parametrize("document", ["{", "7", '{"revision": 3}', '{"prompt_id": "x", "revision": "three"}'])
def test_a_mark_that_cannot_be_read_is_none_and_is_made_again(tables, document):
    tables.dev.mark_archived("refund-policy", 1)
    item = row(LedgerKeys.archived(PROMPT), {}, revision=3) | {"document": {"S": document}}
    tables.client.put_item(TableName=ENVIRONMENTS["dev"], Item=item)

    assert tables.dev.archived() == {"refund-policy": 1}
    tables.dev.mark_archived(PROMPT, 4)
    assert tables.dev.archived() == {PROMPT: 4, "refund-policy": 1}
