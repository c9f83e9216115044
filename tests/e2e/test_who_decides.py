"""Who decides: another known person, with the rights to, by signature or on the page; nobody else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import boto3
import pytest

from promptops.cli.folder import read_folder
from promptops.contract.names import DEFAULT_PREFIX, function_name
from promptops.domain.approval import Approval
from promptops.domain.people import Actor
from tests.e2e.approvers import (
    approvers_group_with,
    approvers_policy_of,
    approvers_role,
    form_token,
    signed_in,
    stranger,
)
from tests.e2e.calls import Said, post
from tests.e2e.claims import fields_claiming, headers_claiming, user
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import renamed
from tests.e2e.inside import ledger
from tests.waiting import until


@dataclass(frozen=True)
class Waiting:
    """Two high-risk releases that alice asked for, each of a prompt of its own."""

    signed: Approval
    on_the_page: Approval


@pytest.fixture(scope="module")
def waiting(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    alice, folder = aws.person("alice"), tmp_path_factory.mktemp("prompts")
    requests = []
    for prompt_id in ("decides-signed", "decides-page"):
        alice.types("publish", str(renamed(folder, "refund-policy", prompt_id)))
        wish = {"prompt_id": prompt_id, "version": "v1", "reason": "refunds by policy"}
        requests.append(post(aws, "/v1/prod/promote", wish, signed_by="alice").document["request_id"])
    prod = ledger(aws, "prod")
    return Waiting(
        *(until("the approval", lambda asked=asked: prod.approval_of_request(asked)) for asked in requests)
    )


def test_a_signed_decision_is_another_known_persons(aws: LocalAws, waiting: Waiting):
    approval_id = waiting.signed.approval_id

    def decide(signed_by: str | boto3.Session, claiming: str) -> Said:
        yes = {"decision": "approve", "comment": "checked", **fields_claiming(claiming)}
        headers = headers_claiming(claiming)
        return post(aws, f"/v1/approvals/{approval_id}", yes, signed_by=signed_by, headers=headers)

    without_policy = decide("alice", claiming="bob")
    with approvers_policy_of(aws, "alice"):
        requester = decide("alice", claiming="bob")
    unmapped = decide("erin", claiming="bob")
    with approvers_role(aws) as role:
        named_like_bob = decide(aws.session_of_role(role, name="bob"), claiming="bob")
    undecided = ledger(aws, "prod").approval(approval_id)
    another = decide("bob", claiming="carol")
    release = until("the release", lambda: ledger(aws, "prod").releases("decides-signed"))[0]

    assert without_policy.kept_out
    assert [said.code for said in (requester, unmapped, named_like_bob)] == [
        "E_SELF_APPROVAL",
        "E_NOT_HUMAN",
        "E_NOT_HUMAN",
    ]
    assert undecided == waiting.signed
    assert (another.status, another.document["status"]) == (200, "APPROVED")
    decided = ledger(aws, "prod").approval(approval_id)
    assert (decided.decided_by, decided.comment) == (user("bob"), "checked")
    assert (release.actor, release.approval_id) == (user("alice"), approval_id)


def test_a_decision_on_the_page_is_another_known_persons(aws: LocalAws, waiting: Waiting):
    approval, author, unknown = waiting.on_the_page, "alice@example.com", "stranger@example.com"
    page = f"{aws.instance.outputs['ApiUrl']}/approvals/{approval.approval_id}"
    bob = signed_in(aws, "bob@example.com", page)
    form = urlencode({"token": form_token(bob), "decision": "approve", "confirmation": "decides-page@v1"})

    outsider = signed_in(aws, author, page)
    with approvers_group_with(aws, author):
        requester = signed_in(aws, author, page)
        with_bobs_form = signed_in(aws, author, page)
        with_bobs_form.request("POST", page, form)
    with stranger(aws, unknown) as password, approvers_group_with(aws, unknown):
        unmapped = signed_in(aws, unknown, page, password)
    undecided = ledger(aws, "prod").approval(approval.approval_id)
    status = bob.request("POST", page, form)

    assert "E_NOT_APPROVER" in outsider.text()
    assert "Somebody else must decide this" in requester.text()
    assert "E_FORM" in with_bobs_form.text()
    assert "You cannot decide this yet" in unmapped.text()
    assert [form_token(seen) for seen in (outsider, requester, with_bobs_form, unmapped)] == [""] * 4
    assert undecided == approval
    assert status == 200
    decided = ledger(aws, "prod").approval(approval.approval_id)
    assert (decided.status, decided.decided_by) == ("APPROVED", Actor("oidc", "bob@example.com"))


def test_what_somebody_unknown_asked_for_is_approved_by_nobody_and_not_released(
    aws: LocalAws, tmp_path: Path
):
    body = read_folder(renamed(tmp_path, "refund-policy", "decides-unknown")).body().to_dict()
    wish = {"prompt_id": "decides-unknown", "version": "v1", "reason": "who am I?"}
    prod = ledger(aws, "prod")

    published = post(aws, "/v1/publish", body, signed_by="erin")
    request_id = post(aws, "/v1/prod/promote", wish, signed_by="erin").document["request_id"]
    approval = until("the approval", lambda: prod.approval_of_request(request_id))
    assert approval
    said = post(aws, f"/v1/approvals/{approval.approval_id}", {"decision": "approve"}, signed_by="bob")
    task = {"task": "promote", "request_id": request_id, "approval": "APPROVED", **fields_claiming("bob")}
    answer = aws.client("lambda").invoke(
        FunctionName=function_name(DEFAULT_PREFIX, "promote", "prod"), Payload=json.dumps(task)
    )

    assert published.status == 200
    assert (said.status, said.code) == (403, "E_NOT_HUMAN")
    assert json.loads(answer["Payload"].read())["errorType"] == "ApprovalRequired"
    assert prod.approval(approval.approval_id) == approval
    assert prod.releases("decides-unknown") == []
