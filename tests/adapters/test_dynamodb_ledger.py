from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from promptops.aws.dynamodb_ledger import DynamoDbLedger
from promptops.aws.dynamodb_release import head_document
from promptops.aws.dynamodb_rows import row
from promptops.aws.dynamodb_transaction import MAX_ATTEMPTS
from promptops.contract.names import LedgerKeys
from promptops.domain.errors import (
    ApprovalRequired,
    Conflict,
    DigestMismatch,
    EndpointDown,
    Frozen,
    IdempotencyMismatch,
    IllegalTransition,
    NeverReleased,
    NotReleased,
    OutOfOrder,
    PromptOpsError,
    RequestEnded,
    Revoked,
    Throttled,
    UnknownEnvironment,
    UnknownRequest,
    UnknownVersion,
    UnreadableRow,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import GENESIS, Head, Release
from promptops.domain.request import TRANSITIONS, ReleaseRequest
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


def test_a_lifted_freeze_lets_promotions_through_again(tables):
    tables.freeze("incident 7")
    tables.freeze("it is over", "unfreeze")

    assert tables.dev.frozen_because() == ""
    assert tables.commit(1).revision == 1


def test_a_freeze_row_that_says_nothing_counts_as_frozen(tables):
    entry = tables.freeze("incident 7")
    document = {**entry.to_dict(), "kind": "freeze"}
    tables.client.put_item(TableName=ENVIRONMENTS["dev"], Item=row(LedgerKeys.FREEZE, document))

    with pytest.raises(Frozen):
        tables.commit(1)


def out_of_service(tables: Tables, kind: str, **fields: Any) -> Release:
    return tables.commit(tables.dev.head(PROMPT).version, kind=kind, **fields)


@pytest.mark.parametrize("kind", ["retire", "revoke"])
def test_what_takes_a_version_out_of_service_demands_the_head_alone(tables, kind):
    tables.commit(1)
    tables.freeze("incident 7")
    tables.revoke(1, "it insults customers")

    release = out_of_service(tables, kind)

    assert (release.revision, release.version, tables.dev.head(PROMPT).state) == (2, 1, f"{kind}d")
    assert tables.dev.release(PROMPT, 2) == release
    assert tables.dev.release_of_operation(release.op_id) == release


@pytest.mark.parametrize("kind", ["retire", "revoke"])
def test_what_takes_a_version_out_of_service_leaves_its_row_as_it_was(tables, kind):
    tables.commit(1)
    (before,) = [item for item in tables.everything() if "VERSION#" in item]

    out_of_service(tables, kind)

    assert before in tables.everything()


@pytest.mark.parametrize("kind", ["retire", "revoke"])
def test_where_nothing_was_released_nothing_is_taken_out_of_service(tables, kind):
    with pytest.raises(NeverReleased):
        tables.commit(1, kind=kind)

    assert tables.everything() == []


@pytest.mark.parametrize("kind", ["retire", "revoke"])
def test_who_retires_second_is_told_who_won(tables, kind):
    tables.commit(1)
    late = tables.prepared(1, tables.dev, kind)
    tables.commit(2)

    with pytest.raises(Conflict, match=r"moved 1 to 2 \(v2 by alice\)"):
        tables.dev.commit(late)

    assert tables.dev.head(PROMPT).state == "live"


@pytest.mark.parametrize("kind", ["promote", "rollback"])
def test_a_retired_version_comes_back_by_a_new_release(tables, kind):
    tables.commit(1)
    out_of_service(tables, "retire")

    assert tables.commit(1, kind=kind).revision == 3
    assert tables.dev.head(PROMPT).serves(1, sha256(1))


@pytest.mark.parametrize("kind", ["rollback", "adopt", "drill"])
def test_a_revoked_version_comes_back_by_no_kind_of_release(tables, kind):
    tables.commit(1)
    tables.commit(2)
    tables.revoke(1, "it insults customers")

    with pytest.raises(Revoked, match="it insults customers"):
        tables.commit(1, kind=kind)
    tables.revoke(1, "it does not", "unrevoke")

    assert tables.commit(1, kind=kind).revision == 3


@pytest.mark.parametrize(("first", "second"), [("promote", "rollback"), ("rollback", "promote")])
def test_of_a_rollback_and_a_promotion_at_once_one_wins(tables, first, second):
    tables.commit(1)
    tables.commit(2)
    versions = {"promote": 3, "rollback": 1}
    late = tables.prepared(versions[second], tables.dev, second)
    tables.commit(versions[first], kind=first)

    with pytest.raises(Conflict, match=rf"moved 2 to 3 \(v{versions[first]} by alice\)") as caught:
        tables.dev.commit(late)

    assert caught.value.data == {"revision": 3, "version": versions[first]}
    assert tables.dev.head(PROMPT).version == versions[first]
    assert tables.dev.release_of_operation(late.release.op_id) is None


@pytest.mark.parametrize("kind", ["rollback", "adopt", "drill"])
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

    assert len(pauses) == MAX_ATTEMPTS - 1
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


def test_an_answer_that_never_came_is_looked_up_by_the_operation(tables, monkeypatch):
    real = tables.client.transact_write_items

    def applied_and_lost(**kwargs):
        real(**kwargs)
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    monkeypatch.setattr(tables.client, "transact_write_items", applied_and_lost)

    assert tables.commit(1).revision == 1


def test_a_transaction_that_was_never_applied_is_told_as_down(tables, monkeypatch):
    def lost(**_):
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    monkeypatch.setattr(tables.client, "transact_write_items", lost)

    with pytest.raises(EndpointDown):
        tables.commit(1)
    assert tables.everything() == []


def test_heads_of_some_prompts_come_in_their_order_without_those_never_released(tables):
    for prompt_id in (PROMPT, "refund-policy"):
        tables.commit(1, prompt_id=prompt_id)

    wanted = [PROMPT, "never-released", "refund-policy", PROMPT]

    assert [head.prompt_id for head in tables.dev.heads(wanted)] == ["refund-policy", PROMPT]
    assert tables.dev.heads([PROMPT]) == [tables.dev.head(PROMPT)]
    assert tables.dev.heads([]) == []


def test_heads_of_more_prompts_than_one_call_takes_are_all_there(tables):
    for number in range(130):
        head = Head(f"prompt-{number:03d}", 1, 1, sha256(1))
        item = row(LedgerKeys.head(head.prompt_id), head_document(head), revision=1)
        tables.client.put_item(TableName=ENVIRONMENTS["dev"], Item=item)

    found = tables.dev.heads([f"prompt-{number:03d}" for number in reversed(range(130))])

    assert [head.prompt_id for head in found] == [f"prompt-{number:03d}" for number in range(130)]


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        "{}",
        '{"prompt_id": "a-bad-one", "revision": "two"}',
        '{"prompt_id": "a-bad-one", "revision": 0}',
        '{"prompt_id": "another", "revision": 1, "version": 1}',
    ],
)
def test_a_head_that_cannot_be_read_is_told_and_the_others_are_read(tables, document):
    tables.commit(1)
    item = row(LedgerKeys.head("a-bad-one"), {}, revision=1) | {"document": {"S": document}}
    tables.client.put_item(TableName=ENVIRONMENTS["dev"], Item=item)
    told: list[PromptOpsError] = []

    for wanted in (None, [PROMPT, "a-bad-one"]):
        assert tables.dev.heads(wanted, told.append) == [tables.dev.head(PROMPT)]
        with pytest.raises(UnreadableRow, match="a-bad-one"):
            tables.dev.heads(wanted)
    assert [type(problem) for problem in told] == [UnreadableRow] * 2
    assert not any(problem.retryable for problem in told)


def test_an_ended_request_is_never_overwritten(tables):
    request = a_request()
    tables.dev.put_request(request)
    promoting = request.step(NOW, "promoting", status="promoting")
    tables.dev.put_request(promoting)
    ended = promoting.step(NOW, "released", status="released")
    tables.dev.put_request(ended)

    with pytest.raises(RequestEnded):
        tables.dev.put_request(a_request("promoting"))

    assert tables.dev.request(request.request_id) == ended


def in_status(tables: Tables, status: str) -> ReleaseRequest:
    """A stored request that came to this status the shortest way."""
    way = {
        "requested": (),
        "evaluating": (),
        "evaluated": (),
        "waiting": ("promoting",),
        "released": ("promoting",),
    }
    request = a_request()
    tables.dev.put_request(request)
    for step in (*way.get(status, ()), status):
        request = request.step(NOW, step, status=step)
        tables.dev.put_request(request)
    return request


@pytest.mark.parametrize("before", TRANSITIONS)
@pytest.mark.parametrize("after", TRANSITIONS)
def test_a_stored_request_goes_only_where_its_status_allows(tables, before, after):
    stored = in_status(tables, before)

    if after in TRANSITIONS[before]:
        tables.dev.put_request(a_request(after))
        assert tables.dev.request(stored.request_id).status == after
    else:
        with pytest.raises(RequestEnded if stored.ended else IllegalTransition):
            tables.dev.put_request(a_request(after))
        assert tables.dev.request(stored.request_id) == stored


@pytest.mark.parametrize("status", sorted(set(TRANSITIONS) - {"requested"}))
def test_a_request_begins_at_its_beginning(tables, status):
    with pytest.raises(UnknownRequest):
        tables.dev.put_request(a_request(status))

    assert tables.everything() == []


def test_unknown_requests_and_environments_are_errors(tables):
    with pytest.raises(UnknownRequest):
        tables.dev.request("dev-1")
    with pytest.raises(UnknownEnvironment, match="Known: dev, staging, prod"):
        tables.ledgers["production"]


def test_the_row_of_a_release_is_readable_json_with_its_actor(tables):
    tables.commit(1)

    (row,) = [item for item in tables.everything() if "RELEASE#" in item]

    assert ALICE.identity in row
