"""A release that dies at each of its steps: nothing uncommitted is ever served, one quiet pass heals all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.fakes_release import Crash, CrashesAfter
from tests.unit.release_world import PROMPT, World

CRASH_POINTS = ["commit", "release record", "pointer"]


def crashing(world: World, point: str):
    """The promotion of dev that dies right after this step."""
    promotion = world.promotion("dev")
    if point == "commit":
        ledgers = world.dying_ledgers("dev", "commit")
        return replace(promotion, ledgers=ledgers)
    if point == "release record":
        return replace(promotion, records=CrashesAfter(promotion.records, "create"))
    return replace(promotion, pointers=CrashesAfter(promotion.pointers, "write"))


def everything_written_was_committed(world: World) -> bool:
    committed = {release.head().pointer().to_text() for release in world.ledgers["dev"].releases(PROMPT)}
    return {value for _, value in world.pointers["dev"].written} <= committed


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_the_reconciler_ends_what_a_crashed_promotion_began(point):
    world = World()
    world.released(1)
    record = world.publish(2)
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")

    with pytest.raises(Crash):
        crashing(world, point).promote(request_id)
    done = world.reconcile()

    assert done.errors == []
    assert world.ledgers["dev"].head(PROMPT).version == 2
    assert world.pointer() == world.head_pointer()
    assert (PROMPT, 2) in world.records["dev"].stored
    assert everything_written_was_committed(world)


@pytest.mark.parametrize("point", CRASH_POINTS)
def test_a_repeated_promotion_ends_what_a_crashed_one_began(point):
    world = World()
    world.released(1)
    record = world.publish(2)
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")

    with pytest.raises(Crash):
        crashing(world, point).promote(request_id)
    done = world.promotion("dev").promote(request_id)

    assert (done.revision, done.projected) == (2, True)
    assert len(world.ledgers["dev"].releases(PROMPT)) == 2
    assert world.pointer() == world.head_pointer()


@pytest.mark.parametrize("method", ["commit", "write"])
def test_the_reconciler_ends_what_a_crashed_rollback_began(method):
    world = World()
    world.released(1, 2)
    if method == "commit":
        world.ledgers = world.dying_ledgers("dev", "commit")
    else:
        world.pointers["dev"] = CrashesAfter(world.pointers["dev"], "write")

    with pytest.raises(Crash):
        world.roll_back(op_id="incident-7")
    world.reconcile()

    assert world.ledgers["dev"].head(PROMPT).version == 1
    assert world.pointer() == world.head_pointer()
    assert world.roll_back(op_id="incident-7").revision == 3


def test_a_promoter_that_wakes_up_late_with_an_old_pointer_is_put_right():
    world = World()
    world.released(1)
    late = world.pointer()
    world.released(2)
    world.pointers["dev"].write(PROMPT, late)

    done = world.reconcile()

    assert done.repaired == [PROMPT]
    assert world.pointer() == world.head_pointer()


def test_a_crashed_adoption_is_one_adoption():
    world = World()
    world.released(1, 2)
    world.pointers["dev"].values[PROMPT] = "v1"
    dying = replace(world.reconciler(), ledger=CrashesAfter(world.ledgers["dev"], "commit"))

    with pytest.raises(Crash):
        dying.reconcile()
    world.reconcile()

    kinds = [release.kind for release in world.ledgers["dev"].releases(PROMPT)]
    assert kinds == ["adopt", "promote", "promote"]
    assert world.pointer() == world.head_pointer()
