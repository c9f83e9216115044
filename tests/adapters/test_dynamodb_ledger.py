from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from moto import mock_aws

from promptops.aws.dynamodb_ledger import MAX_ATTEMPTS, DynamoDbLedger
from promptops.domain.errors import (
    ApprovalRequired,
    Conflict,
    DigestMismatch,
    Frozen,
    IdempotencyMismatch,
    NeverReleased,
    NotReleased,
    OutOfOrder,
    RequestEnded,
    Revoked,
    Throttled,
    UnknownEnvironment,
    UnknownRequest,
    UnknownVersion,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import GENESIS, Head
from tests.adapters.ledger_tables import (
    ALICE,
    BOB,
    ENVIRONMENTS,
    LATER,
    NOW,
    PROMPT,
    Tables,
    a_request,
    an_approval,
    sha256,
)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Tables()


def test_a_release_is_there_as_it_was_committed(tables):
    release = tables.commit(1)

    assert tables.dev.head(PROMPT) == release.head()
    assert tables.dev.releases(PROMPT) == [release]
    assert tables.dev.release(PROMPT, 1) == release
    assert tables.dev.release_of_operation(release.op_id) == release
    assert tables.dev.was_released(PromptRef(PROMPT, 1))
    assert not tables.dev.was_released(PromptRef(PROMPT, 2))


def test_an_empty_ledger_has_revision_zero_and_no_past(tables):
    assert tables.dev.head(PROMPT) == Head(PROMPT, chain=GENESIS)
    assert tables.dev.heads() == []
    assert tables.dev.releases(PROMPT) == []
    assert tables.dev.release_of_operation("none") is None
    with pytest.raises(NotReleased):
        tables.dev.release(PROMPT, 1)


def test_revisions_are_dense_newest_first_and_chained(tables):
    for version in (1, 2, 3):
        tables.commit(version)

    releases = tables.dev.releases(PROMPT)

    assert [release.revision for release in releases] == [3, 2, 1]
    assert all(release.sealed() == release for release in releases)
    assert [release.previous_chain for release in releases] == [releases[1].chain, releases[2].chain, GENESIS]
    assert tables.dev.releases(PROMPT, limit=2) == releases[:2]


def test_promoting_one_prompt_changes_no_row_of_another(tables):
    tables.commit(1, prompt_id="refund-policy")
    before = tables.everything()

    tables.commit(1)

    assert set(before) <= set(tables.everything())
    assert [head.prompt_id for head in tables.dev.heads()] == ["refund-policy", PROMPT]


def test_who_comes_second_is_told_who_won(tables):
    tables.commit(1)
    late = tables.prepared(2, tables.dev)
    tables.commit(3)

    with pytest.raises(Conflict, match=r"support-ticket moved 1 to 2 \(v3 by alice\)"):
        tables.dev.commit(late)

    assert tables.dev.head(PROMPT).version == 3
    assert tables.dev.release_of_operation(late.release.op_id) is None


def test_who_comes_second_to_an_empty_ledger_is_told_too(tables):
    late = tables.prepared(2, tables.dev)
    tables.commit(1)

    with pytest.raises(Conflict, match="moved 0 to 1"):
        tables.dev.commit(late)


def test_repeating_an_operation_gives_its_first_result(tables):
    first = tables.commit(1, op_id="one")
    tables.commit(2)

    again = tables.commit(1, op_id="one")

    assert again == first
    assert tables.dev.head(PROMPT).revision == 2


@pytest.mark.parametrize("other", [{"reason": "another"}, {"actor": BOB}, {"version": 2}])
def test_an_op_id_used_for_something_else_is_refused(tables, other):
    tables.commit(1, op_id="one")

    with pytest.raises(IdempotencyMismatch, match=next(iter(other))):
        tables.commit(**{"version": 1, "op_id": "one", "sha256": sha256(1), **other})

    assert tables.dev.head(PROMPT).revision == 1


def test_a_revoked_version_is_refused_with_the_reason(tables):
    tables.revoke(1, "it insults customers")

    with pytest.raises(Revoked, match="it insults customers"):
        tables.commit(1)

    assert tables.everything() == []


def test_unpublished_versions_and_other_digests_are_refused(tables):
    with pytest.raises(UnknownVersion):
        tables.commit(9)
    with pytest.raises(DigestMismatch):
        tables.commit(1, sha256=sha256(2))

    assert tables.everything() == []


def test_a_version_climbs_the_environments_in_order(tables):
    with pytest.raises(OutOfOrder, match="has not been released in dev"):
        tables.commit(1, ledger=tables.staging)

    tables.commit(1)
    tables.commit(1, ledger=tables.staging)

    assert tables.staging.head(PROMPT).version == 1
    assert tables.ledgers["prod"].head(PROMPT).revision == 0


def test_a_freeze_stops_promotions_and_lets_rollbacks_through(tables):
    tables.commit(1)
    tables.commit(2)
    tables.freeze("incident 7")

    assert tables.dev.frozen_because() == "incident 7"
    with pytest.raises(Frozen, match="incident 7"):
        tables.commit(3)
    assert tables.commit(1, kind="rollback").revision == 3


@pytest.mark.parametrize("kind", ["rollback", "adopt"])
def test_only_what_was_released_here_can_come_back(tables, kind):
    tables.commit(1)

    with pytest.raises(NeverReleased, match="never released in dev"):
        tables.commit(2, kind=kind)

    assert tables.dev.head(PROMPT).version == 1


def test_a_version_can_be_promoted_again(tables):
    for version in (1, 2, 1):
        tables.commit(version)

    assert tables.dev.head(PROMPT).revision == 3


def test_an_approval_is_consumed_by_exactly_one_release(tables):
    pending = an_approval()
    tables.dev.open_approval(pending, "token")
    with pytest.raises(ApprovalRequired):
        tables.commit(1, approval=pending)
    approval = tables.dev.decide(pending, "APPROVED", BOB, "fine", NOW)

    release = tables.commit(1, approval=approval)
    with pytest.raises(ApprovalRequired):
        tables.commit(2, approval=approval)

    assert tables.dev.approval(approval.approval_id).consumed_by == release.op_id
    assert tables.dev.head(PROMPT).version == 1


def test_an_approval_that_is_over_at_the_moment_of_release_does_not_count(tables):
    tables.dev.open_approval(an_approval(), "token")
    approval = tables.dev.decide(an_approval(), "APPROVED", BOB, "", NOW)

    with pytest.raises(ApprovalRequired):
        tables.commit(1, approval=approval, at=LATER)

    assert tables.dev.approval(approval.approval_id).consumed_by == ""


def in_the_way(tables: Tables, times: int) -> Callable[..., object]:
    """transact_write_items that so many times meets another transaction on its head row."""
    real = tables.client.transact_write_items
    left = [times]

    def transact(**kwargs):
        if not left[0]:
            return real(**kwargs)
        left[0] -= 1
        codes = ["TransactionConflict", *["None"] * (len(kwargs["TransactItems"]) - 1)]
        answer = {
            "Error": {"Code": "TransactionCanceledException", "Message": ""},
            "CancellationReasons": [{"Code": code} for code in codes],
        }
        raise tables.client.exceptions.TransactionCanceledException(answer, "TransactWriteItems")

    return transact


def test_another_transaction_in_the_way_is_waited_for(tables, monkeypatch):
    pauses: list[float] = []
    ledger = DynamoDbLedger("dev", ENVIRONMENTS, tables.client, "registry", sleep=pauses.append)
    monkeypatch.setattr(tables.client, "transact_write_items", in_the_way(tables, times=2))

    assert tables.commit(1, ledger=ledger).revision == 1
    assert len(pauses) == 2
    assert all(0 < pause < 1 for pause in pauses)


def test_a_ledger_that_stays_busy_is_an_error_to_try_again(tables, monkeypatch):
    pauses: list[float] = []
    ledger = DynamoDbLedger("dev", ENVIRONMENTS, tables.client, "registry", sleep=pauses.append)
    monkeypatch.setattr(tables.client, "transact_write_items", in_the_way(tables, times=100))

    with pytest.raises(Throttled):
        tables.commit(1, ledger=ledger)

    assert len(pauses) == MAX_ATTEMPTS
    assert tables.everything() == []


def test_a_lost_reply_of_an_applied_transaction_is_found_again(tables, monkeypatch):
    real = tables.client.transact_write_items

    def applied_twice(**kwargs):
        monkeypatch.setattr(tables.client, "transact_write_items", real)
        real(**kwargs)
        return real(**kwargs)

    monkeypatch.setattr(tables.client, "transact_write_items", applied_twice)

    assert tables.commit(1).revision == 1
    assert len(tables.dev.releases(PROMPT)) == 1


def test_an_ended_request_is_never_overwritten(tables):
    request = a_request()
    tables.dev.put_request(request)
    tables.dev.put_request(request.step(NOW, "promoting", status="promoting"))
    ended = request.step(NOW, "released", status="released")
    tables.dev.put_request(ended)

    with pytest.raises(RequestEnded):
        tables.dev.put_request(request.step(NOW, "waiting", status="waiting"))

    assert tables.dev.request(request.request_id) == ended


def test_unknown_requests_and_environments_are_errors(tables):
    with pytest.raises(UnknownRequest):
        tables.dev.request("dev-1")
    with pytest.raises(UnknownEnvironment, match="Known: dev, staging, prod"):
        tables.ledgers["production"]


def test_the_row_of_a_release_is_readable_json_with_its_actor(tables):
    tables.commit(1)

    (row,) = [item for item in tables.everything() if "RELEASE#" in item]

    assert ALICE.identity in row
