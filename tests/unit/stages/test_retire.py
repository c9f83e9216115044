from __future__ import annotations

from typing import Any

import pytest

from promptops.contract.bodies import RetireBody
from promptops.contract.messages import Promoted
from promptops.domain.errors import (
    Conflict,
    IdempotencyMismatch,
    InvalidIdempotencyKey,
    InvalidReason,
    NotReleased,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.stages.retire import retire
from tests.unit.fakes_release import Crash, CrashesAfter
from tests.unit.release_world import ALICE, CAROL, PROMPT, World


def retired(
    world: World, *, reason: str = "replaced", op_id: str = "", by: Actor = CAROL, pointers: Any = None
) -> Promoted:
    return retire(
        RetireBody(PROMPT, reason, op_id),
        by,
        ledger=world.ledgers["dev"],
        pointers=pointers or world.pointers["dev"],
        records=world.records["dev"],
        clock=world.clock,
    )


def test_a_retirement_is_a_new_revision_of_the_same_version_that_is_served_no_longer():
    world = World()
    world.released(1, 2)

    done = retired(world)

    head = world.ledgers["dev"].head(PROMPT)
    assert (done.kind, done.version, done.revision, done.from_version) == ("retire", 2, 3, 2)
    assert (head.state, head.version, head.revision) == ("retired", 2, 3)
    assert not head.serves(head.version, head.sha256)
    assert done.projected
    assert '"state":"retired"' in (world.pointer() or "")


def test_a_rollback_makes_the_retired_version_live_again_and_then_the_one_before():
    world = World()
    world.released(1, 2)
    retired(world)

    assert world.roll_back().version == 2
    assert '"state":"live"' in (world.pointer() or "")
    assert world.roll_back().version == 1


def test_promoting_the_retired_version_again_is_a_new_release():
    world = World()
    world.released(1)
    retired(world)

    done = world.release(world.registry.version(PromptRef(PROMPT, 1)))

    assert (done.version, done.revision, done.unchanged) == (1, 3, False)
    assert world.ledgers["dev"].head(PROMPT).state == "live"


def test_what_is_retired_already_stays_as_it_is_and_its_pointer_is_healed():
    world = World()
    world.released(1)
    first = retired(world)
    world.pointers["dev"].values.clear()

    second = retired(world, reason="again")

    assert (second.unchanged, second.revision) == (True, first.revision)
    assert world.pointer() == world.head_pointer()


def test_a_retirement_works_while_promotions_are_frozen_and_for_a_revoked_version():
    world = World()
    world.released(1)
    world.freeze("dev", "incident")
    world.revoke(PromptRef(PROMPT, 1))

    assert retired(world).revision == 2


def test_what_was_never_released_cannot_be_retired():
    world = World()
    world.publish()

    with pytest.raises(NotReleased, match="no release in dev"):
        retired(world)


def test_the_same_op_id_gives_the_first_result_even_after_newer_releases():
    world = World()
    world.released(1)
    first = retired(world, op_id="ops-88")
    world.released(2)

    assert retired(world, op_id="ops-88") == first
    assert world.ledgers["dev"].head(PROMPT).version == 2


def test_a_retirement_that_crashed_before_its_pointer_is_ended_by_the_same_op_id():
    world = World()
    world.released(1)
    with pytest.raises(Crash):
        retired(world, op_id="ops-88", pointers=CrashesAfter(world.pointers["dev"], "write"))

    done = retired(world, op_id="ops-88")

    assert (done.revision, done.projected) == (2, True)
    assert world.pointer() == world.head_pointer()


@pytest.mark.parametrize("other", [{"reason": "another"}, {"by": ALICE}])
def test_an_op_id_used_for_something_else_is_refused(other):
    world = World()
    world.released(1)
    retired(world, op_id="ops-88")

    with pytest.raises(IdempotencyMismatch):
        retired(world, op_id="ops-88", **other)


def test_the_op_id_of_a_rollback_is_none_of_a_retirement():
    world = World()
    world.released(1, 2)
    world.roll_back(op_id="ops-88", reason="replaced")

    with pytest.raises(IdempotencyMismatch, match="kind differs"):
        retired(world, op_id="ops-88")


def test_bad_input_is_refused_before_anything_moves():
    world = World()
    world.released(1)

    with pytest.raises(InvalidReason):
        retired(world, reason=" ")
    with pytest.raises(InvalidIdempotencyKey):
        retired(world, op_id="a/b")

    assert world.ledgers["dev"].head(PROMPT).revision == 1


def test_a_newer_version_is_never_retired_by_who_meant_the_older_one(monkeypatch):
    world = World()
    world.released(1)
    ledger = world.ledgers["dev"]
    commit = ledger.commit

    def beaten(wanted):
        monkeypatch.setattr(ledger, "commit", commit)
        world.released(2)
        return commit(wanted)

    monkeypatch.setattr(ledger, "commit", beaten)
    with pytest.raises(Conflict, match="v2 by alice"):
        retired(world)

    assert ledger.head(PROMPT).serves(2, world.registry.version(PromptRef(PROMPT, 2)).sha256)


def test_a_pointer_that_cannot_follow_is_told():
    world = World()
    world.released(1)
    world.pointers["dev"].down = True

    done = retired(world)

    assert (done.revision, done.projected) == (2, False)
    assert done.problem
    assert done.problem["code"] == "E_ENDPOINT"
