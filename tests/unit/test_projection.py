from __future__ import annotations

from promptops.projection import MAX_ROUNDS, project
from tests.unit.release_world import PROMPT, World


def project_dev(world: World, pointers: object) -> bool:
    """Whether the pointer is what the ledger says."""
    problem = project(PROMPT, ledger=world.ledgers["dev"], pointers=pointers, records=world.records["dev"])
    return problem is None


def test_a_head_that_moves_while_it_is_written_is_written_again():
    world = World()
    world.released(1, 2)

    class Overtaken:
        def __init__(self):
            self.values = []

        def write(self, prompt_id, value):
            if not self.values:
                world.roll_back()
            self.values.append(value)

    pointers = Overtaken()

    assert project_dev(world, pointers)
    assert pointers.values[-1] == world.head_pointer()
    assert len(pointers.values) == 2


def test_a_head_that_never_rests_is_left_to_the_reconciler():
    world = World()
    world.released(1, 2)

    class AlwaysOvertaken:
        writes = 0

        def write(self, prompt_id, value):
            self.writes += 1
            target = 3 - world.ledgers["dev"].head(PROMPT).version
            world.roll_back(to=f"v{target}")

    pointers = AlwaysOvertaken()

    assert not project_dev(world, pointers)
    assert pointers.writes == MAX_ROUNDS


def test_the_first_release_is_proven_before_its_pointer_is_written():
    world = World()
    world.records["dev"].down = True

    done = world.release(world.publish())

    assert not done.projected
    assert world.pointer() is None
