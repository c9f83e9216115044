from __future__ import annotations

import pytest

from promptops.contract.bodies import RetireBody
from promptops.domain.errors import (
    AccessRefused,
    Conflict,
    IdempotencyMismatch,
    InvalidIdempotencyKey,
    InvalidReason,
    NeverReleased,
    NoPreviousRelease,
    NotReleased,
    Revoked,
)
from promptops.domain.identifiers import PromptRef
from promptops.stages.retire import retire
from tests.unit.release_world import ALICE, CAROL, PROMPT, World


def test_a_rollback_is_a_new_revision_that_names_the_version_before():
    world = World()
    world.released(1, 2)

    done = world.roll_back()

    release = world.ledgers["dev"].release(PROMPT, 3)
    assert (done.version, done.revision, done.from_version, done.kind) == (1, 3, 2, "rollback")
    assert (release.actor, release.reason) == (CAROL, "it is worse")
    assert done.projected
    assert world.pointer() == world.head_pointer()


def test_a_rollback_needs_no_storage_but_ledger_and_pointer():
    world = World()
    world.released(1, 2)
    world.records["dev"].down = True
    world.artifacts.down = True
    world.reports.stored.clear()
    world.workflow.down = True

    done = world.roll_back()

    assert (done.version, done.projected) == (1, True)


@pytest.mark.parametrize("error", [AccessRefused("the key is locked"), RuntimeError("nobody knows")])
def test_bytes_that_cannot_be_checked_do_not_stop_a_rollback(error, monkeypatch):
    world = World()
    world.released(1, 2)

    def refuse(_record):
        raise error

    monkeypatch.setattr(world.artifacts, "load", refuse)

    assert world.roll_back().version == 1


def test_a_rollback_works_while_promotions_are_frozen():
    world = World()
    world.released(1, 2)
    world.freeze("dev", "incident")

    assert world.roll_back().version == 1


def test_a_second_rollback_goes_further_back_and_never_to_what_the_first_one_left():
    world = World()
    world.released(1, 2, 3)

    assert world.roll_back().version == 2
    assert world.roll_back().version == 1
    with pytest.raises(NoPreviousRelease):
        world.roll_back()


def test_a_version_promoted_again_after_a_rollback_is_a_target_again():
    world = World()
    world.released(1, 2)
    world.roll_back()
    world.release(world.registry.version(PromptRef(PROMPT, 2)))
    world.released(3)

    assert world.roll_back().version == 2


@pytest.mark.parametrize("fault", ["revoked", "missing", "other"])
def test_versions_that_cannot_be_served_are_passed_over(fault):
    world = World()
    world.released(1, 2, 3)
    second = PromptRef(PROMPT, 2)
    world.revoke(second) if fault == "revoked" else world.spoil(second, fault)

    assert world.roll_back().version == 1


def test_a_named_version_must_have_been_released_here_and_not_be_revoked():
    world = World()
    world.released(1, 2)
    world.publish(3)
    world.revoke(PromptRef(PROMPT, 1))

    with pytest.raises(NeverReleased, match="v3 was never released in dev"):
        world.roll_back(to="v3")
    with pytest.raises(Revoked, match="insults"):
        world.roll_back(to="v1")

    assert world.ledgers["dev"].head(PROMPT).revision == 2


def test_there_is_nothing_before_the_first_release():
    world = World()
    world.publish()

    with pytest.raises(NotReleased):
        world.roll_back()
    world.released(2)
    with pytest.raises(NoPreviousRelease):
        world.roll_back()


def test_rolling_back_to_what_is_live_changes_nothing_but_heals_the_pointer():
    world = World()
    world.released(1, 2)
    world.pointers["dev"].values.clear()

    done = world.roll_back(to="v2")

    assert (done.unchanged, done.revision) == (True, 2)
    assert world.pointer() == world.head_pointer()


def test_the_same_op_id_gives_the_first_result_even_after_newer_releases():
    world = World()
    world.released(1, 2)
    first = world.roll_back(op_id="incident-7")
    world.released(3)

    second = world.roll_back(op_id="incident-7")

    assert second == first
    assert world.ledgers["dev"].head(PROMPT).version == 3


@pytest.mark.parametrize("other", [{"to": "v2"}, {"reason": "another"}, {"by": ALICE}])
def test_an_op_id_used_for_something_else_is_refused(other):
    world = World()
    world.released(1, 2)
    world.roll_back(op_id="incident-7")

    with pytest.raises(IdempotencyMismatch):
        world.roll_back(op_id="incident-7", **other)


@pytest.mark.parametrize("op_id", ["a/b", "x" * 256, "naïve", "a b"])
def test_an_op_id_that_is_none_is_refused(op_id):
    world = World()
    world.released(1, 2)

    with pytest.raises(InvalidIdempotencyKey):
        world.roll_back(op_id=op_id)


def test_a_rollback_needs_a_reason():
    world = World()
    world.released(1, 2)

    with pytest.raises(InvalidReason):
        world.roll_back(reason=" ")


def test_a_rollback_never_undoes_a_newer_fix(monkeypatch):
    world = World()
    world.released(1, 2)
    ledger = world.ledgers["dev"]
    commit = ledger.commit

    def beaten(wanted):
        monkeypatch.setattr(ledger, "commit", commit)
        world.released(3)
        return commit(wanted)

    monkeypatch.setattr(ledger, "commit", beaten)
    with pytest.raises(Conflict, match="v3 by alice"):
        world.roll_back()

    assert ledger.head(PROMPT).version == 3


def test_a_rollback_goes_on_while_the_version_it_leaves_is_live(monkeypatch):
    world = World()
    world.released(1, 2)
    ledger = world.ledgers["dev"]
    commit = ledger.commit

    def beaten_by_the_same_version(wanted):
        monkeypatch.setattr(ledger, "commit", commit)
        world.roll_back(to="v1", op_id="first")
        world.release(world.registry.version(PromptRef(PROMPT, 2)))
        return commit(wanted)

    monkeypatch.setattr(ledger, "commit", beaten_by_the_same_version)
    done = world.roll_back()

    assert (done.version, done.revision) == (1, 5)


def test_a_version_retired_meanwhile_is_not_made_live_by_who_leaves_it(monkeypatch):
    world = World()
    world.released(1, 2)
    ledger = world.ledgers["dev"]
    commit = ledger.commit

    def beaten(wanted):
        monkeypatch.setattr(ledger, "commit", commit)
        retire_in_dev(world)
        return commit(wanted)

    monkeypatch.setattr(ledger, "commit", beaten)
    with pytest.raises(Conflict, match="v2 by alice"):
        world.roll_back()

    assert ledger.head(PROMPT).state == "retired"


@pytest.mark.parametrize("moved", ["promoted", "rolled back", "retired"])
def test_who_saw_another_version_live_is_told_who_moved_it(moved):
    world = World()
    world.released(1, 2)
    if moved == "promoted":
        world.released(3)
    elif moved == "rolled back":
        world.roll_back()
    else:
        retire_in_dev(world)
    before = world.ledgers["dev"].head(PROMPT)

    with pytest.raises(Conflict, match="carol" if moved == "rolled back" else "alice"):
        world.roll_back(leaves="v2")

    assert world.ledgers["dev"].head(PROMPT) == before


def test_two_rollbacks_from_the_same_version_are_one():
    world = World()
    world.released(1, 2, 3)

    assert world.roll_back(leaves="v3", op_id="mine").version == 2
    with pytest.raises(Conflict, match=r"@v3 is not live in dev, v2 by carol is live \(revision 4\)"):
        world.roll_back(leaves="v3", op_id="yours", by=ALICE)

    assert world.ledgers["dev"].head(PROMPT).version == 2


def test_a_pointer_that_is_refused_is_told_and_the_rollback_stands(monkeypatch):
    world = World()
    world.released(1, 2)

    def refuse(_prompt_id, _value):
        raise AccessRefused("ssm:PutParameter answered AccessDenied")

    monkeypatch.setattr(world.pointers["dev"], "write", refuse)
    done = world.roll_back()

    assert (done.version, done.projected) == (1, False)
    assert done.problem
    assert done.problem["code"] == "E_POINTER_DENIED"
    assert world.ledgers["dev"].head(PROMPT).version == 1


def retire_in_dev(world: World) -> None:
    retire(
        RetireBody(PROMPT, "replaced"),
        ALICE,
        ledger=world.ledgers["dev"],
        pointers=world.pointers["dev"],
        records=world.records["dev"],
        clock=world.clock,
    )
