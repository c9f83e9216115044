from __future__ import annotations

from copy import copy
from dataclasses import replace

import pytest

from promptops.contract.answers import Requested
from promptops.contract.bodies import RetireBody
from promptops.domain.errors import (
    AccessRefused,
    ApprovalRequired,
    ApprovalStale,
    ArtifactMissing,
    Conflict,
    DigestMismatch,
    EndpointDown,
    EvaluationFailed,
    EvidenceMismatch,
    EvidenceRequired,
    Frozen,
    Inconclusive,
    OutOfOrder,
    PointerLabelled,
    RequestEnded,
    RequestExpired,
    Revoked,
    StandInEvidence,
)
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.identifiers import PromptRef
from promptops.domain.policy import Policy, Thresholds
from promptops.stages.retire import retire
from tests.unit.release_world import ALICE, BOB, CAROL, PROMPT, World


def begun(world: World, *, to: str = "dev", kind: str = "promote", version: int = 1, **asked) -> str:
    answer = world.ask(PromptRef(PROMPT, version), to=to, kind=kind, **asked)
    assert isinstance(answer, Requested)
    return answer.request_id


def test_a_release_moves_ledger_record_and_pointer_together():
    world = World()
    record = world.publish()

    done = world.release(record)

    head = world.ledgers["dev"].head(PROMPT)
    assert (done.revision, done.from_version, done.projected) == (1, 0, True)
    assert (head.version, head.sha256) == (1, record.sha256)
    assert world.pointer() == head.pointer().to_text()
    assert world.records["dev"].stored[PROMPT, 1].chain == head.chain


def test_a_release_row_says_who_why_and_on_what_evidence():
    world = World()
    record = world.publish()
    evidence = world.evaluate(record)

    world.promotion("dev").promote(world.requested(record.ref, to="dev"))

    release = world.ledgers["dev"].release(PROMPT, 1)
    assert (release.actor, release.reason, release.kind) == (ALICE, "better answers", "promote")
    assert release.report_sha256 == evidence.sha256
    assert release.sealed() == release


def test_promoting_one_prompt_leaves_every_other_alone():
    world = World()
    world.release(world.publish(prompt_id="refund-policy"))
    before = (world.ledgers["dev"].head("refund-policy"), world.pointers["dev"].read("refund-policy"))

    world.released(1)

    assert (world.ledgers["dev"].head("refund-policy"), world.pointers["dev"].read("refund-policy")) == before


def test_a_version_without_evidence_has_to_be_evaluated_first():
    world = World()
    world.publish()

    answer = world.promotion("dev").begin(begun(world))

    assert answer.evidence == "missing"
    assert world.ledgers["dev"].request(answer.request_id).status == "evaluating"


def test_evidence_from_before_the_request_is_reused():
    world = World()
    evidence = world.evaluate(world.publish())

    request_id = begun(world)
    answer = world.promotion("dev").begin(request_id)

    assert (answer.evidence, answer.path) == ("valid", ["dev"])
    assert world.ledgers["dev"].request(request_id).report_sha256 == evidence.sha256


def test_an_old_failure_is_measured_again_and_a_new_one_refuses():
    world = World()
    record = world.publish()
    world.evaluate(record, score=0.5)
    request_id = begun(world)

    assert world.promotion("dev").begin(request_id).evidence == "missing"

    world.evaluate(record, score=0.5)
    with pytest.raises(EvaluationFailed, match=r"scored 0\.50: score 0\.50 is below 0\.80"):
        world.promotion("dev").begin(request_id)


@pytest.mark.parametrize(
    ("measured", "refusal"),
    [({"model_kind": "standin"}, StandInEvidence), ({"cases": 4}, EvidenceMismatch)],
)
def test_evidence_that_is_not_of_the_real_thing_does_not_count(measured, refusal):
    world = World()
    record = world.publish()
    request_id = begun(world)
    world.evaluate(record, **measured)

    with pytest.raises(refusal):
        world.promotion("dev").begin(request_id)


def test_a_report_that_was_tampered_with_is_no_evidence():
    world = World()
    world.evaluate(world.publish(), score=0.5)
    ((key, report),) = world.reports.stored.items()
    better = tuple(replace(case, score=1.0) for case in report.cases)
    world.reports.stored[key] = replace(report, cases=better)

    assert world.promotion("dev").begin(begun(world)).evidence == "missing"


def test_asking_for_an_evaluation_always_makes_a_new_one():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = begun(world, kind="evaluate")

    assert world.promotion("dev").begin(request_id).evidence == "missing"
    world.evaluate(record, evaluation_id=request_id)
    answer = world.promotion("dev").begin(request_id)
    ended = world.promotion("dev").end(request_id, None)

    assert (answer.evidence, answer.path, ended.status) == ("valid", [], "evaluated")
    assert world.pointer() is None


def test_what_is_live_in_the_target_is_what_evidence_must_compare_with():
    world = World()
    world.released(1)
    world.release(world.registry.version(PromptRef(PROMPT, 1)), to="prod")
    world.released(2)
    world.publish(3)

    in_dev, in_prod = (world.promotion(to).begin(begun(world, to=to, version=3)) for to in ("dev", "prod"))

    assert (in_dev.against, in_dev.baseline, in_dev.evidence) == ("dev", 2, "missing")
    assert (in_prod.against, in_prod.baseline, in_prod.evidence) == ("prod", 1, "missing")


def test_where_nothing_else_is_live_there_is_nothing_to_compare_with():
    world = World()
    first = world.promotion("dev")
    world.publish(1)
    assert first.begin(begun(world)).baseline == 0

    world.release(world.registry.version(PromptRef(PROMPT, 1)))
    itself = first.begin(begun(world, kind="evaluate", against="dev"))
    retire(
        RetireBody(PROMPT, "no longer needed", "retire-1"),
        CAROL,
        ledger=world.ledgers["dev"],
        pointers=world.pointers["dev"],
        records=world.records["dev"],
        clock=world.clock,
    )
    world.publish(2)
    after_retirement = first.begin(begun(world, version=2))

    assert (itself.against, itself.baseline) == ("dev", 0)
    assert (after_retirement.against, after_retirement.baseline) == ("dev", 0)


def test_evidence_beside_another_version_than_the_live_one_is_made_again():
    world = World()
    world.released(1)
    record = world.publish(3)
    world.evaluate(record)
    assert world.promotion("dev").begin(begun(world, version=3)).evidence == "valid"

    world.released(2)
    after_a_release = world.promotion("dev").begin(begun(world, version=3))
    world.roll_back()
    after_its_rollback = world.promotion("dev").begin(begun(world, version=3))

    assert (after_a_release.evidence, after_a_release.baseline) == ("missing", 2)
    assert (after_its_rollback.evidence, after_its_rollback.baseline) == ("valid", 1)


def test_a_request_whose_evidence_was_replaced_by_one_beside_another_version_is_refused():
    world = World()
    world.release(world.publish(1), to="prod")
    world.released(2)
    record = world.publish(3)
    to_dev, to_prod = begun(world, to="dev", version=3), begun(world, to="prod", version=3)
    world.evaluate(record, beside="dev", evaluation_id=to_dev)
    world.evaluate(record, beside="prod", evaluation_id=to_prod)

    assert world.promotion("prod").begin(to_prod).evidence == "valid"
    with pytest.raises(EvidenceMismatch, match=r"compared with v1, live is v2\. Run promptops promote again"):
        world.promotion("dev").begin(to_dev)


def test_no_model_is_asked_for_a_release_that_somebody_else_has_overtaken():
    world = World()
    world.publish(2)
    request_id = begun(world, version=2)
    world.released(1)

    with pytest.raises(Conflict, match=r"moved 0 to 1 \(v1 by alice\)"):
        world.promotion("dev").begin(request_id)


def test_promote_refuses_evidence_beside_a_version_that_is_no_longer_live_in_the_target():
    world = World()
    world.release(world.publish(1), to="prod")
    record = world.publish(3)
    world.evaluate(record, beside="prod")
    request_id = world.requested(record.ref, to="prod")
    world.release(world.publish(2), to="prod")

    with pytest.raises(EvidenceMismatch, match="compared with v1, live is v2"):
        world.promotion("staging").promote(request_id)


def test_high_risk_needs_every_case_and_a_verdict_low_risk_a_sample_that_does_not_fail():
    for risk, counts in (("low", True), ("high", False)):
        world = World()
        world.released(1)
        record = world.publish(2, risk=risk)
        measuring = Policy(risk, Thresholds(), Measuring(sample=20))
        world.change(record.ref, policy=measuring, dataset=replace(record.dataset, cases=100))
        changed = world.registry.version(record.ref)

        world.evaluate(changed, cases=20, of=100)
        assert world.promotion("dev").begin(begun(world, version=2)).evidence == (
            "valid" if counts else "missing"
        )
        world.evaluate(changed, cases=100, of=100)
        assert world.promotion("dev").begin(begun(world, version=2)).evidence == "valid"


def test_an_unclear_comparison_stops_high_risk_and_who_asked_for_a_verdict():
    for risk, kind in (("high", "promote"), ("low", "evaluate")):
        world = World()
        world.released(1)
        record = world.publish(2, risk=risk)
        request_id = begun(world, version=2, kind=kind, against="dev" if kind == "evaluate" else "")
        evidence = world.unclear(record, evaluation_id=request_id)

        assert evidence.verdict == "inconclusive"
        with pytest.raises(Inconclusive, match="not enough to tell"):
            world.promotion("dev").begin(request_id)
        ended = world.promotion("dev").end(
            request_id, {"Error": "Inconclusive", "Cause": "E_EVAL_INCONCLUSIVE: x"}
        )
        assert ended.status == "refused"


def test_low_risk_is_released_on_an_unclear_comparison():
    world = World()
    world.released(1)
    record = world.publish(2)
    world.unclear(record)

    assert world.promotion("dev").begin(begun(world, version=2)).evidence == "valid"


def test_an_evaluation_that_another_one_overtook_is_no_answer_to_who_asked():
    world = World()
    record = world.publish()
    mine, theirs = begun(world, kind="evaluate"), begun(world, kind="evaluate")
    world.evaluate(record, evaluation_id=mine)
    world.evaluate(record, evaluation_id=theirs)

    with pytest.raises(EvidenceMismatch, match="evaluated again meanwhile"):
        world.promotion("dev").begin(mine)
    assert world.promotion("dev").begin(theirs).evidence == "valid"


def test_who_asks_for_every_case_gets_every_case():
    world = World()
    world.publish()

    assert world.promotion("dev").begin(begun(world, kind="evaluate", full=True)).full
    assert not world.promotion("dev").begin(begun(world, kind="evaluate")).full


def test_promote_refuses_without_evidence_whatever_the_workflow_says():
    world = World()
    world.publish()

    with pytest.raises(EvidenceRequired):
        world.promotion("dev").promote(begun(world))

    assert world.ledgers["dev"].head(PROMPT).revision == 0


def test_promote_refuses_evidence_that_is_not_the_one_the_request_went_on_with():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.evaluate(record, score=0.9)

    with pytest.raises(EvidenceMismatch):
        world.promotion("dev").promote(request_id)


def test_promote_reads_the_report_again_and_refuses_one_that_changed_since():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.reports.stored.clear()

    with pytest.raises(EvidenceMismatch):
        world.promotion("dev").promote(request_id)

    assert world.ledgers["dev"].head(PROMPT).revision == 0


def test_what_is_revoked_between_request_and_promotion_is_not_released():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.revoke(record.ref)

    with pytest.raises(Revoked):
        world.promotion("dev").check(request_id)
    with pytest.raises(Revoked):
        world.promotion("dev").promote(request_id)

    assert world.pointer() is None


@pytest.mark.parametrize(("fault", "refusal"), [("missing", ArtifactMissing), ("other", DigestMismatch)])
def test_bytes_that_cannot_be_served_are_not_released(fault, refusal):
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.spoil(record.ref, fault)

    with pytest.raises(refusal):
        world.promotion("dev").promote(request_id)

    assert world.ledgers["dev"].head(PROMPT).revision == 0


def test_no_environment_can_be_skipped():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="prod")

    with pytest.raises(OutOfOrder, match="not been released in staging"):
        world.promotion("prod").check(request_id)
    world.approve(request_id, "prod")
    with pytest.raises(OutOfOrder):
        world.promotion("prod").promote(request_id)


def test_a_freeze_stops_the_check_and_the_promotion():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.freeze("dev", "incident 7")

    with pytest.raises(Frozen, match="incident 7"):
        world.promotion("dev").check(request_id)
    with pytest.raises(Frozen):
        world.promotion("dev").promote(request_id)


def test_who_comes_second_is_told_who_won():
    world = World()
    first, second = world.publish(1), world.publish(2)
    world.evaluate(first)
    world.evaluate(second)
    slow = world.requested(second.ref, to="dev", by=ALICE)
    fast = world.requested(first.ref, to="dev", by=CAROL)
    world.promotion("dev").promote(fast)

    for task in (world.promotion("dev").check, world.promotion("dev").promote):
        with pytest.raises(Conflict, match=r"moved 0 to 1 \(v1 by carol\)"):
            task(slow)

    assert world.pointer() == world.head_pointer()


def test_low_risk_needs_nobody_and_high_risk_another_person_only_where_asked():
    world = World()
    record = world.publish(risk="high")
    world.evaluate(record)
    request_id = world.requested(record.ref, to="prod")

    assert world.promotion("dev").check(request_id).approval == "none"
    world.promotion("dev").promote(request_id)
    world.promotion("staging").promote(request_id)
    assert world.promotion("prod").check(request_id).approval == "required"
    with pytest.raises(ApprovalRequired):
        world.promotion("prod").promote(request_id)

    approval = world.approve(request_id, "prod")
    world.promotion("prod").promote(request_id)
    release = world.ledgers["prod"].release(PROMPT, 1)
    assert release.approval_id == approval.approval_id
    assert world.ledgers["prod"].approval(approval.approval_id).consumed_by == release.op_id


def test_a_lowered_risk_counts_at_its_old_tier_until_it_is_released():
    world = World()
    world.release(world.publish(1, risk="high"), to="prod")
    lowered = world.publish(2, risk="low")
    world.evaluate(lowered)
    request_id = world.requested(lowered.ref, to="prod")
    world.promotion("dev").promote(request_id)
    world.promotion("staging").promote(request_id)

    assert world.promotion("prod").check(request_id).approval == "required"
    with pytest.raises(ApprovalRequired):
        world.promotion("prod").promote(request_id)


def test_a_lowered_risk_counts_at_its_old_tier_also_after_a_retirement():
    """Both for what evidence must be and for who must agree."""
    for retired_risk, counts, approval in (("high", False, "required"), ("low", True, "none")):
        world = World(environments=("prod",))
        world.release(world.publish(1, risk=retired_risk), to="prod")
        retire(
            RetireBody(PROMPT, "no longer needed", "retire-1"),
            CAROL,
            ledger=world.ledgers["prod"],
            pointers=world.pointers["prod"],
            records=world.records["prod"],
            clock=world.clock,
        )
        record = world.publish(2, risk="low")
        sampled = Policy("low", Thresholds(), Measuring(sample=20))
        world.change(record.ref, policy=sampled, dataset=replace(record.dataset, cases=100))
        changed = world.registry.version(record.ref)

        world.evaluate(changed, cases=20, of=100, beside="prod")
        begun_with = world.promotion("prod").begin(begun(world, to="prod", version=2))
        assert (begun_with.evidence, begun_with.full) == ("valid" if counts else "missing", not counts)
        assert begun_with.baseline == 0

        world.evaluate(changed, cases=100, of=100, beside="prod")
        request_id = world.requested(changed.ref, to="prod")
        assert world.promotion("prod").check(request_id).approval == approval


def test_an_approval_counts_for_the_head_it_was_given_on_only():
    world = World()
    record = world.publish(risk="high")
    world.evaluate(record)
    request_id = world.requested(record.ref, to="prod")
    world.promotion("dev").promote(request_id)
    world.promotion("staging").promote(request_id)
    approval = world.approve(request_id, "prod")
    ledger = world.ledgers["prod"]
    moved = replace(approval, subject=replace(approval.subject, base_revision=5))
    ledger.approvals[approval.approval_id] = moved

    with pytest.raises(ApprovalStale, match="base_revision"):
        world.promotion("prod").promote(request_id)


def test_repeating_a_finished_promotion_gives_the_first_answer():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")

    first = world.promotion("dev").promote(request_id)
    second = world.promotion("dev").promote(request_id)

    assert first == second
    assert world.promotion("dev").check(request_id).approval == "done"
    assert len(world.ledgers["dev"].releases(PROMPT)) == 1


def test_repeating_a_promotion_after_a_newer_release_does_not_undo_it():
    world = World()
    record = world.publish(1)
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.promotion("dev").promote(request_id)
    world.released(2)

    answer = world.promotion("dev").promote(request_id)

    assert answer.revision == 1
    assert world.ledgers["dev"].head(PROMPT).version == 2
    assert world.pointer() == world.head_pointer()


def test_what_somebody_else_has_released_meanwhile_is_not_released_twice():
    world = World()
    record = world.publish()
    world.evaluate(record)
    mine, theirs = (world.requested(record.ref, to="dev", by=actor) for actor in (ALICE, CAROL))
    world.promotion("dev").promote(theirs)

    answer = world.promotion("dev").promote(mine)

    assert (answer.unchanged, answer.revision) == (True, 1)


def test_a_pointer_that_cannot_be_written_leaves_the_release_committed_and_pending():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.pointers["dev"].down = True

    pending = world.promotion("dev").promote(request_id)
    world.pointers["dev"].down = False
    again = world.promotion("dev").promote(request_id)

    assert (pending.projected, pending.revision) == (False, 1)
    assert (again.projected, again.revision) == (True, 1)
    assert world.pointer() == world.head_pointer()


def test_an_expired_or_ended_request_leads_nowhere():
    world = World()
    record = world.publish()
    world.evaluate(record)
    expired, ended = (world.requested(record.ref, to="dev") for _ in range(2))
    ledger = world.ledgers["dev"]
    ledger.requests[expired] = replace(ledger.requests[expired], expires_at="2000-01-01T00:00:00.000000Z")
    world.promotion("dev").end(ended, {"Error": "States.Timeout", "Cause": ""})

    with pytest.raises(RequestExpired):
        world.promotion("dev").promote(expired)
    with pytest.raises(RequestEnded):
        world.promotion("dev").promote(ended)

    assert ledger.head(PROMPT).revision == 0


def test_a_policy_changed_after_the_request_stops_it():
    world = World()
    record = world.publish()
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.change(record.ref, policy=Policy("low", Thresholds(0.1, 1)))

    with pytest.raises(Exception, match="E_REQUEST_STALE"):
        world.promotion("dev").promote(request_id)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (None, "released", None),
        ({"Error": "Revoked", "Cause": '{"errorMessage": "E_REVOKED: no."}'}, "refused", "E_REVOKED"),
        ({"Error": "EvaluationFailed", "Cause": "E_EVAL_FAILED: 0.74"}, "refused", "E_EVAL_FAILED"),
        ({"Error": "ModelUnavailable", "Cause": "no answer"}, "failed", "E_MODEL"),
        ({"Error": "AccessRefused", "Cause": "s3:GetObject answered AccessDenied"}, "failed", "E_ACCESS"),
        ({"Error": "States.TaskFailed", "Cause": "boom"}, "failed", "E_INTERNAL"),
    ],
)
def test_every_end_is_recorded_once_and_stays(error, status, code):
    world = World()
    world.evaluate(world.publish())
    request_id = begun(world)
    world.promotion("dev").begin(request_id)

    first = world.promotion("dev").end(request_id, error)
    second = world.promotion("dev").end(request_id, {"Error": "Throttled", "Cause": ""})

    stored = world.ledgers["dev"].request(request_id)
    assert (first.status, second.status) == (status, status)
    assert (stored.error or {}).get("code") == code


def test_an_approval_nobody_gave_in_time_is_a_refusal():
    world = World()
    world.evaluate(world.publish())
    request_id = begun(world)
    world.promotion("dev").begin(request_id)
    ledger = world.ledgers["dev"]
    ledger.put_request(ledger.request(request_id).step(world.clock.now(), "waiting", status="waiting"))

    ended = world.promotion("dev").end(request_id, {"Error": "States.Timeout", "Cause": ""})

    assert ended.status == "refused"
    assert ledger.request(request_id).error["code"] == "E_APPROVAL_EXPIRED"


def test_the_approver_is_not_the_actor_of_the_release():
    world = World()
    world.release(world.publish(risk="high"), to="prod")

    release = world.ledgers["prod"].release(PROMPT, 1)

    assert release.actor == ALICE
    assert world.ledgers["prod"].approval(release.approval_id).decided_by == BOB


def test_two_promotions_at_once_are_one_and_the_other_is_told_who_won():
    world = World()
    world.released(1)
    second, third = world.publish(2), world.publish(3)
    world.evaluate(second)
    world.evaluate(third)
    mine, yours = world.requested(second.ref, to="dev"), world.requested(third.ref, to="dev", by=CAROL)

    assert world.promotion("dev").promote(yours).version == 3
    with pytest.raises(Conflict, match=r"moved 1 to 2 \(v3 by carol\)") as caught:
        world.promotion("dev").promote(mine)

    assert caught.value.data == {"revision": 2, "version": 3}
    assert world.ledgers["dev"].head(PROMPT).version == 3


def test_a_rollback_under_a_promotion_makes_it_ask_again():
    world = World()
    world.released(1, 2)
    record = world.publish(3)
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.roll_back()

    with pytest.raises(Conflict, match=r"v1 by carol"):
        world.promotion("dev").promote(request_id)

    assert world.ledgers["dev"].head(PROMPT).version == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (AccessRefused("ssm:PutParameter answered AccessDenied"), "E_POINTER_DENIED"),
        (PointerLabelled("the oldest value has a label"), "E_POINTER_LABELLED"),
        (EndpointDown("Parameter Store does not answer"), "E_ENDPOINT"),
    ],
)
def test_a_pointer_that_does_not_follow_is_told_and_the_release_stands(fault, code, monkeypatch):
    world = World()
    record = world.publish()

    def refuse(_prompt_id, _value):
        raise fault

    monkeypatch.setattr(world.pointers["dev"], "write", refuse)
    done = world.release(record)

    assert (done.version, done.projected) == (1, False)
    assert done.problem
    assert done.problem["code"] == code
    assert world.ledgers["dev"].head(PROMPT).serves(1, record.sha256)


def test_a_second_run_of_the_same_task_gives_the_first_ones_release_although_the_approval_is_used():
    world = World()
    record = world.publish(1, risk="high")
    world.release(record, to="staging")
    request_id = world.requested(record.ref, to="prod")
    world.approve(request_id, "prod")
    ledger = Overtaken(world, request_id)
    ledgers = copy(world.ledgers)
    ledgers.by_name = {**world.ledgers.by_name, "prod": ledger}

    done = replace(world.promotion("prod"), ledgers=ledgers).promote(request_id)

    assert (done.version, done.revision, done.projected) == (1, 1, True)
    assert len(world.ledgers["prod"].releases(PROMPT)) == 1


class Overtaken:
    """prod's ledger; right after it was first asked for the operation, another run of the task releases."""

    def __init__(self, world: World, request_id: str) -> None:
        self.world, self.request_id, self.asked = world, request_id, False

    def __getattr__(self, name):
        return getattr(self.world.ledgers["prod"], name)

    def release_of_operation(self, op_id):
        found = self.world.ledgers["prod"].release_of_operation(op_id)
        if not self.asked:
            self.asked = True
            self.world.promotion("prod").promote(self.request_id)
        return found
