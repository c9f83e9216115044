from __future__ import annotations

import pytest

from promptops.contract.answers import Restricted
from promptops.contract.bodies import FreezeBody
from promptops.domain.errors import Conflict, Frozen, InvalidReason
from promptops.domain.people import Actor
from promptops.stages.freeze import freeze, unfreeze
from tests.unit.release_world import ALICE, CAROL, World


def frozen(world: World, reason: str = "incident 7", by: Actor = CAROL) -> Restricted:
    return freeze(FreezeBody(reason), by, ledger=world.ledgers["dev"], clock=world.clock)


def thawed(world: World, reason: str = "it is over", by: Actor = CAROL) -> Restricted:
    return unfreeze(FreezeBody(reason), by, ledger=world.ledgers["dev"], clock=world.clock)


def test_a_freeze_holds_with_its_reason_until_it_is_lifted():
    world = World()
    record = world.publish()

    done = frozen(world)

    assert (done.scope, done.kind, done.reason, done.unchanged) == ("dev", "freeze", "incident 7", False)
    assert world.ledgers["dev"].frozen_because() == "incident 7"
    with pytest.raises(Frozen, match="incident 7"):
        world.ask(record.ref, to="dev")

    assert thawed(world).kind == "unfreeze"
    assert world.release(record).version == 1


def test_a_freeze_is_of_one_environment():
    world = World()
    frozen(world)

    assert world.ledgers["staging"].frozen_because() == ""


def test_what_was_said_stays_in_the_log_each_entry_sealed_onto_the_one_before():
    world = World()
    frozen(world)
    thawed(world, by=ALICE)

    lifted, made = world.ledgers["dev"].restrictions()

    assert [(entry.kind, entry.actor, entry.reason) for entry in (made, lifted)] == [
        ("freeze", CAROL, "incident 7"),
        ("unfreeze", ALICE, "it is over"),
    ]
    assert lifted.previous_chain == made.chain
    assert made.sealed() == made


def test_asking_for_what_holds_already_changes_nothing_and_tells_what_holds():
    world = World()
    assert thawed(world).unchanged
    first = frozen(world)

    second = frozen(world, "another reason", ALICE)

    assert second == Restricted("dev", "freeze", 0, "incident 7", first.at, unchanged=True)
    assert len(world.ledgers["dev"].restrictions()) == 1


@pytest.mark.parametrize("reason", ["", "  ", "a\x00b", "x" * 501])
def test_a_freeze_without_a_reason_is_refused(reason):
    world = World()

    with pytest.raises(InvalidReason):
        frozen(world, reason)

    assert world.ledgers["dev"].frozen_because() == ""


def test_who_is_beaten_to_a_freeze_is_told_the_one_that_holds(monkeypatch):
    world = World()
    ledger = world.ledgers["dev"]
    restrict = ledger.restrict

    def beaten(entry):
        monkeypatch.setattr(ledger, "restrict", restrict)
        frozen(world, "faster", ALICE)
        restrict(entry)

    monkeypatch.setattr(ledger, "restrict", beaten)
    done = frozen(world)

    assert (done.reason, done.unchanged) == ("faster", True)
    assert len(ledger.restrictions()) == 1


def test_a_log_that_moved_on_is_added_to_where_it_is_now(monkeypatch):
    world = World()
    ledger = world.ledgers["dev"]
    restrict = ledger.restrict

    def beaten(entry):
        monkeypatch.setattr(ledger, "restrict", restrict)
        frozen(world, "faster", ALICE)
        thawed(world, "faster too", ALICE)
        restrict(entry)

    monkeypatch.setattr(ledger, "restrict", beaten)
    done = frozen(world)

    assert (done.reason, done.unchanged) == ("incident 7", False)
    assert [entry.sequence for entry in ledger.restrictions()] == [3, 2, 1]


def test_a_log_that_never_rests_is_a_conflict(monkeypatch):
    world = World()

    def always_late(_entry):
        raise Conflict("the log moved on")

    monkeypatch.setattr(world.ledgers["dev"], "restrict", always_late)

    with pytest.raises(Conflict):
        frozen(world)
