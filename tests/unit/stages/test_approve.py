from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.contract.bodies import DecisionBody
from promptops.domain.errors import (
    AlreadyDecided,
    ApprovalExpired,
    ApprovalStale,
    ArtifactMissing,
    InvalidReason,
    MalformedRequest,
    NotAnApprover,
    PromptOpsError,
    RequestEnded,
    RequestStale,
    Revoked,
    SelfApproval,
    UnknownApproval,
    UnknownPerson,
)
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.people import Actor, People, Person
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.question import ModelName
from promptops.stages.approve import decide, view, waiting
from tests.unit.approval_world import ALICE, BOB, BOB_SIGNED, CAROL, PEOPLE, REF, Scene


def decided_by(scene: Scene, actor: Actor, decision: str = "approve", comment: str = ""):
    return decide(
        scene.approval.approval_id,
        DecisionBody(decision, comment),
        actor,
        desk=scene.desk,
        workflow=scene.workflow,
    )


@pytest.mark.parametrize("actor", [BOB, BOB_SIGNED], ids=["signed in", "by IAM"])
def test_another_person_approves_and_the_workflow_wakes(actor: Actor) -> None:
    scene = Scene()

    decided_by(scene, actor, comment="looks right")

    stored = scene.stored()
    assert (stored.status, stored.decided_by, stored.comment) == ("APPROVED", actor, "looks right")
    assert scene.workflow.woken == {
        "the-task-token": {"approval_id": stored.approval_id, "decision": "APPROVED"}
    }
    assert scene.prod.request(stored.request_id).steps[-1].text == "approved by Bob Approver in prod"


def test_a_rejection_carries_its_comment() -> None:
    scene = Scene()

    decided_by(scene, BOB, "reject", "30 days is wrong")

    assert (scene.stored().status, scene.stored().comment) == ("REJECTED", "30 days is wrong")
    assert scene.workflow.woken["the-task-token"]["decision"] == "REJECTED"


@pytest.mark.parametrize(
    ("actor", "refusal"),
    [
        (ALICE, SelfApproval),
        (Actor("oidc", "A.Author@example.com"), SelfApproval),
        (Actor("oidc", "eve@example.com"), NotAnApprover),
        (Actor("iam", "arn:aws:sts::111122223333:assumed-role/ci/bob"), UnknownPerson),
        (Actor("iam", "arn:aws:iam::111122223333:user/stranger"), UnknownPerson),
        (Actor("system", "sweeper"), NotAnApprover),
    ],
    ids=["requester by IAM", "author, other address", "no approver", "role session", "stranger", "system"],
)
def test_whoever_must_not_decide_changes_nothing(actor: Actor, refusal: type[PromptOpsError]) -> None:
    scene = Scene()

    with pytest.raises(refusal):
        decided_by(scene, actor)

    assert scene.stored() == scene.approval
    assert scene.workflow.woken == {}


def test_an_author_nobody_knows_stops_everybody() -> None:
    scene = Scene()
    bob, root = Person("Bob Approver", (BOB.identity,)), Person("Root", (), (ALICE.identity,))
    scene.directory.known = People([bob, root])

    with pytest.raises(UnknownPerson, match=r"alice@example\.com"):
        decided_by(scene, BOB)

    assert scene.stored().status == "PENDING"


@pytest.mark.parametrize("unknown", ["requested_by", "publishers"])
def test_a_requester_or_writer_nobody_knows_could_be_the_approver_and_stops_everybody(unknown: str) -> None:
    scene = Scene()
    somebody = Actor("iam", "arn:aws:sts::111122223333:assumed-role/deployer/whoever")
    changed = {"requested_by": somebody} if unknown == "requested_by" else {"publishers": (somebody,)}
    approval = replace(scene.approval, authors=(), **changed)

    with pytest.raises(UnknownPerson, match="whoever"):
        approval.decider(BOB, PEOPLE, scene.clock.now())


def test_a_pipeline_that_names_the_authors_stops_nobody() -> None:
    scene = Scene()
    pipeline = Actor("iam", "arn:aws:sts::111122223333:assumed-role/ci/run")
    approval = replace(scene.approval, publishers=(pipeline,))

    assert approval.decider(BOB, PEOPLE, scene.clock.now()).name == "Bob Approver"


def test_authority_is_read_when_the_decision_is_made() -> None:
    scene = Scene()
    assert view(scene.approval.approval_id, BOB, desk=scene.desk).obstacle is None
    scene.directory.group.remove(BOB.identity)

    with pytest.raises(NotAnApprover):
        decided_by(scene, BOB)

    assert scene.stored().status == "PENDING"


def test_an_approval_can_be_decided_until_the_very_instant_it_expires() -> None:
    late, early = Scene(), Scene()
    late.clock.set(late.approval.expires_at)
    early.clock.set(early.approval.expires_at)
    early.clock.moment -= early.clock.moment.resolution

    with pytest.raises(ApprovalExpired):
        decided_by(late, BOB)
    decided_by(early, BOB)

    assert late.stored().status == "PENDING"
    assert early.stored().status == "APPROVED"


def test_the_second_decision_loses_and_wakes_the_workflow_again() -> None:
    scene = Scene()
    decided_by(scene, BOB)
    scene.workflow.woken.clear()

    with pytest.raises(AlreadyDecided):
        decided_by(scene, CAROL, "reject", "no")

    assert scene.stored().decided_by == BOB
    assert scene.workflow.woken["the-task-token"]["decision"] == "APPROVED"


def _new_evidence(scene: Scene) -> None:
    record = scene.registry.version(REF)
    assert record.evidence
    scene.registry.link_evidence(REF, replace(record.evidence, sha256="9" * 64))


def _new_policy(scene: Scene) -> None:
    record = scene.registry.version(REF)
    scene.registry.rows[REF] = replace(record, policy=Policy("high", Thresholds(0.1, 1)))


def _revoked(scene: Scene) -> None:
    scene.registry.rows[REF] = replace(scene.registry.version(REF), revoked_reason="wrong law")


def _ended(scene: Scene) -> None:
    request = scene.prod.request(scene.approval.request_id)
    scene.prod.put_request(request.step(scene.clock.now(), "gave up", status="failed"))


@pytest.mark.parametrize(
    ("happens", "refusal"),
    [
        (lambda scene: scene.go_live(2), ApprovalStale),
        (_new_evidence, ApprovalStale),
        (_new_policy, RequestStale),
        (_revoked, Revoked),
        (_ended, RequestEnded),
    ],
    ids=["head moved", "evaluated again", "policy changed", "revoked", "request ended"],
)
def test_what_changed_since_it_was_asked_cannot_be_decided(happens, refusal: type[PromptOpsError]) -> None:
    scene = Scene()
    happens(scene)

    with pytest.raises(refusal):
        decided_by(scene, BOB)

    assert scene.stored().status == "PENDING"


def test_what_cannot_be_shown_cannot_be_approved() -> None:
    scene = Scene()
    del scene.artifacts.objects[REF]

    with pytest.raises(ArtifactMissing):
        decided_by(scene, BOB)

    assert scene.stored().status == "PENDING"


@pytest.mark.parametrize(
    ("decision", "comment", "refusal"),
    [
        ("", "", MalformedRequest),
        ("APPROVED", "", MalformedRequest),
        ("reject", "", InvalidReason),
        ("reject", "  ", InvalidReason),
        ("approve", "x" * 501, InvalidReason),
        ("approve", "bell \x07", InvalidReason),
    ],
)
def test_a_decision_that_says_nothing_clear_is_refused(
    decision: str, comment: str, refusal: type[PromptOpsError]
) -> None:
    scene = Scene()

    with pytest.raises(refusal):
        decided_by(scene, BOB, decision, comment)

    assert scene.stored().status == "PENDING"


@pytest.mark.parametrize("wrong", ["", "x", "prod-123", "mars-" + "a" * 32, "prod-" + "0" * 32, "../../etc"])
def test_every_id_of_nothing_is_refused_alike(wrong: str) -> None:
    scene = Scene()

    with pytest.raises(UnknownApproval, match="there is no such approval"):
        view(wrong, BOB, desk=scene.desk)


def test_the_workflow_wakes_even_if_the_progress_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()

    def down(request: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(scene.prod, "put_request", down)
    with pytest.raises(RuntimeError):
        decided_by(scene, BOB)

    assert scene.stored().status == "APPROVED"
    assert "the-task-token" in scene.workflow.woken


def test_a_view_shows_what_changes_and_needs_its_name_typed() -> None:
    scene = Scene()

    seen = view(scene.approval.approval_id, BOB, desk=scene.desk)

    assert (seen.from_version, seen.risk, seen.confirmation) == (2, "high", "refund-policy@v3")
    assert [message.kind for message in seen.changes.messages] == ["changed", "same"]
    assert seen.report is not None
    assert seen.requester == "Alice Author"


def test_a_lowered_risk_still_counts_as_high() -> None:
    scene = Scene(risk="low")
    live = scene.registry.rows
    ref = next(ref for ref in live if ref.version == 2)
    live[ref] = replace(live[ref], policy=Policy("high", Thresholds(0.8, 3)))

    assert view(scene.approval.approval_id, BOB, desk=scene.desk).risk == "high"


def test_every_rule_that_was_loosened_is_in_the_view() -> None:
    scene = Scene()
    rows = scene.registry.rows
    live = next(ref for ref in rows if ref.version == 2)
    floors = {"metrics": {"format": 0.9}, "slices": {"adversarial": 0.95}}
    judged = Measuring(judge=ModelName("strict-judge"), repeats=3)
    rows[live] = replace(rows[live], policy=Policy("high", Thresholds(0.8, 3, **floors), judged))
    loose = Thresholds(0.8, 3, margin=0.9, min_pass_rate=0.1)
    rows[REF] = replace(rows[REF], policy=Policy("high", loose, Measuring(seed=7, sample=20)))

    changed = {
        fact.name for fact in view(scene.approval.approval_id, BOB, desk=scene.desk).rules if fact.changed
    }

    assert changed >= {
        "floor of metric format",
        "floor of slice adversarial",
        "margin beside live",
        "minimum pass rate",
        "judge",
        "repeats",
        "sample",
        "seed",
    }


def test_a_decided_view_keeps_the_version_it_started_from() -> None:
    scene = Scene()
    decided_by(scene, BOB)
    scene.go_live(3)

    assert view(scene.approval.approval_id, BOB, desk=scene.desk).from_version == 2


def test_a_report_made_later_is_not_shown_for_the_one_approved() -> None:
    scene = Scene()
    _new_evidence(scene)

    assert view(scene.approval.approval_id, BOB, desk=scene.desk).report is None


def test_waiting_lists_what_is_open_and_says_what_the_viewer_may_not_decide() -> None:
    scene = Scene()
    own = waiting(Actor("oidc", "a.author@example.com"), desk=scene.desk)
    other = waiting(CAROL, desk=scene.desk)

    assert [type(item.obstacle) for item in own] == [SelfApproval]
    assert [(item.approval, item.obstacle) for item in other] == [(scene.approval, None)]


def test_waiting_leaves_out_what_is_over_and_who_may_not_look() -> None:
    scene = Scene()
    scene.clock.set(scene.approval.expires_at)

    assert waiting(BOB, desk=scene.desk) == ()
    with pytest.raises(NotAnApprover):
        waiting(Actor("oidc", "eve@example.com"), desk=scene.desk)


def test_each_person_is_listed_once() -> None:
    assert [person.name for person in PEOPLE] == ["Alice Author", "Bob Approver", "Carol Approver"]
