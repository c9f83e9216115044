from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from promptops.domain.errors import AlreadyDecided, ApprovalExpired, UnknownApproval
from tests.adapters.ledger_tables import BOB, LATER, NOW, Tables, an_approval


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Tables()


def test_an_opened_approval_is_found_by_id_by_request_and_in_the_list(tables):
    approval = an_approval()

    assert tables.dev.open_approval(approval, "token") is None

    assert tables.dev.approval(approval.approval_id) == approval
    assert tables.dev.approval_of_request(approval.request_id) == approval
    assert tables.dev.open_approvals() == [approval]
    assert tables.dev.task_token(approval.approval_id) == "token"


def test_opening_it_again_for_the_same_request_replaces_only_the_token(tables):
    approval = an_approval(1)
    tables.dev.open_approval(approval, "first")

    assert tables.dev.open_approval(an_approval(2, request_id=approval.request_id), "second") is None

    assert tables.dev.open_approvals() == [approval]
    assert tables.dev.task_token(approval.approval_id) == "second"


def test_a_newer_request_supersedes_the_open_approval_of_its_prompt_only(tables):
    first, other = an_approval(1), an_approval(2, prompt_id="refund-policy")
    tables.dev.open_approval(first, "first")
    tables.dev.open_approval(other, "other")
    newer = an_approval(3)

    superseded = tables.dev.open_approval(newer, "newer")

    assert superseded is not None
    assert (superseded.approval_id, superseded.status) == (first.approval_id, "SUPERSEDED")
    assert tables.dev.approval(first.approval_id).status == "SUPERSEDED"
    assert tables.dev.open_approvals() == [other, newer]
    with pytest.raises(AlreadyDecided, match="superseded by another request"):
        tables.dev.decide(first, "APPROVED", BOB, "", NOW)


def test_a_decided_approval_stays_its_requests_own_when_another_opens(tables):
    first = an_approval(1)
    tables.dev.open_approval(first, "first")
    approved = tables.dev.decide(first, "APPROVED", BOB, "fine", NOW)

    assert tables.dev.open_approval(an_approval(2), "second") is None

    assert tables.dev.approval_of_request(first.request_id) == approved


def test_the_first_decision_stands(tables):
    approval = an_approval()
    tables.dev.open_approval(approval, "token")

    decided = tables.dev.decide(approval, "REJECTED", BOB, "too long", NOW)
    with pytest.raises(AlreadyDecided, match="rejected by bob@example"):
        tables.dev.decide(approval, "APPROVED", BOB, "", NOW)

    assert (decided.status, decided.comment, decided.decided_by) == ("REJECTED", "too long", BOB)
    assert tables.dev.approval(approval.approval_id) == decided
    assert tables.dev.open_approvals() == []


def test_after_its_time_an_approval_can_no_longer_be_decided(tables):
    approval = an_approval()
    tables.dev.open_approval(approval, "token")

    with pytest.raises(ApprovalExpired):
        tables.dev.decide(approval, "APPROVED", BOB, "", LATER)

    assert tables.dev.approval(approval.approval_id).status == "PENDING"


def test_an_approval_opened_while_another_opens_supersedes_that_one(tables, monkeypatch):
    rival, approval = an_approval(1), an_approval(2)
    real = tables.client.transact_write_items

    def overtaken(**kwargs):
        monkeypatch.setattr(tables.client, "transact_write_items", real)
        tables.dev.open_approval(rival, "rival")
        return real(**kwargs)

    monkeypatch.setattr(tables.client, "transact_write_items", overtaken)
    superseded = tables.dev.open_approval(approval, "token")

    assert superseded is not None
    assert superseded.approval_id == rival.approval_id
    assert tables.dev.open_approvals() == [approval]


def test_unknown_approvals_are_errors(tables):
    with pytest.raises(UnknownApproval):
        tables.dev.approval("dev-1")
    with pytest.raises(UnknownApproval):
        tables.dev.task_token("dev-1")
    assert tables.dev.approval_of_request("dev-1") is None
