from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.contract.bodies import DecisionBody
from promptops.domain.errors import ApprovalRequired, EndpointDown
from promptops.domain.people import Actor
from promptops.domain.release_rules import subject_of
from promptops.stages.approve import decide
from tests.unit.approval_world import ALICE, BOB, CAROL, PAGE_URL, PROMPT, REF, FakeDirectory, Scene


def test_what_is_asked_about_is_exactly_what_would_be_released() -> None:
    scene = Scene()
    request = scene.prod.request(scene.approval.request_id)

    assert scene.approval.subject == subject_of(request, "prod", scene.prod.head(PROMPT))
    assert scene.approval.requested_by == ALICE
    assert scene.approval.expires_at == scene.clock.later(24)
    assert request.status == "waiting"


def test_an_approval_never_outlives_its_request() -> None:
    scene = Scene()
    request_id = "prod-" + "b" * 32
    request = replace(
        scene.prod.request(scene.approval.request_id), request_id=request_id, expires_at=scene.clock.later(1)
    )
    scene.prod.requests[request_id] = request

    assert scene.open(request_id, "another").expires_at == scene.clock.later(1)


def test_everybody_who_wrote_between_live_and_candidate_is_an_author() -> None:
    scene = Scene()
    scene.publish(4, "four", risk="high")
    four, three = (REF.__class__(PROMPT, version) for version in (4, 3))
    robot = Actor("iam", "arn:aws:sts::111122223333:assumed-role/ci/run")
    records = scene.registry.rows
    records[three] = replace(records[three], authors=("zoe@example.com",), published_by=robot)
    records[four] = replace(records[four], authors=("alice@example.com", "zoe@example.com"))

    approval = scene.ask("prod-" + "d" * 32, "token", ref=four)

    assert set(approval.authors) == {"alice@example.com", "zoe@example.com"}
    assert set(approval.publishers) == {robot, ALICE}


def test_going_back_to_an_older_text_counts_its_writer_too() -> None:
    scene = Scene()
    scene.publish(1, "one", risk="high")
    one = REF.__class__(PROMPT, 1)
    scene.registry.rows[one] = replace(scene.registry.rows[one], authors=("bob@example.com",))

    approval = scene.ask("prod-" + "d" * 32, "token", ref=one)

    assert "bob@example.com" in approval.authors


def test_asking_again_keeps_the_approval_and_takes_the_new_token() -> None:
    scene = Scene()

    again = scene.open(scene.approval.request_id, "second-token")

    assert again == scene.approval
    assert scene.prod.task_token(again.approval_id) == "second-token"
    assert len(scene.mail.sent) == 1


def test_a_decision_made_before_the_workflow_asked_again_wakes_it_at_once() -> None:
    scene = Scene()
    body = DecisionBody("approve")
    decide(scene.approval.approval_id, body, BOB, desk=scene.desk, workflow=scene.workflow)

    scene.open(scene.approval.request_id, "second-token")

    assert scene.workflow.woken["second-token"] == {
        "approval_id": scene.approval.approval_id,
        "decision": "APPROVED",
    }


def test_a_newer_request_supersedes_the_older_and_ends_its_wait() -> None:
    scene = Scene()

    newer = scene.ask("prod-" + "b" * 32, "newer-token")

    assert scene.stored().status == "SUPERSEDED"
    assert scene.workflow.woken["the-task-token"]["decision"] == "SUPERSEDED"
    assert [approval.approval_id for approval in scene.prod.open_approvals()] == [newer.approval_id]
    with pytest.raises(ApprovalRequired, match="superseded by another request for refund-policy"):
        scene.stored().check_grants(scene.approval.subject, "2026-01-01")


def test_mail_goes_to_those_who_can_decide_and_to_nobody_else() -> None:
    ((to, subject, _, _),) = Scene().mail.sent

    assert set(to) == {BOB.identity, CAROL.identity}
    assert subject == "Approval needed: refund-policy@v3 to prod"


def test_the_mail_has_one_neutral_link_and_no_secret() -> None:
    scene = Scene()
    ((_, _, text, html),) = scene.mail.sent
    link = f"{PAGE_URL}/approvals/{scene.approval.approval_id}"

    for body in (text, html):
        assert body.count("https://") == 1
        assert link in body
        assert "the-task-token" not in body


def test_a_failing_directory_or_mail_does_not_stop_the_approval() -> None:
    class DownDirectory(FakeDirectory):
        def approvers(self) -> frozenset[str]:
            raise EndpointDown("the group cannot be read")

    scene = Scene()
    scene.mail.off = True
    scene.directory.__class__ = DownDirectory

    newer = scene.ask("prod-" + "b" * 32, "newer-token")

    assert scene.prod.approval(newer.approval_id).status == "PENDING"
    assert scene.prod.request(newer.request_id).steps[-1].text.endswith("no mail was sent")
