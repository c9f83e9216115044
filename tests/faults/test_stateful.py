"""The installation in memory, through anything: crashes, lost replies, outages, races and hands on pointers.

`STATEFUL_EXAMPLES` and `STATEFUL_STEPS` make it look longer, `STATEFUL_SEED` lets it look elsewhere. Without
a seed every run looks at the same.
"""

from __future__ import annotations

import os
import traceback

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.breakages import BREAKAGES, Broken
from tests.faults.machine import ReleaseMachine
from tests.faults.memory import MemorySystem

EXAMPLES = int(os.environ.get("STATEFUL_EXAMPLES", "150"))
STEPS = int(os.environ.get("STATEFUL_STEPS", "40"))
SEED = os.environ.get("STATEFUL_SEED", "")
#: As many as a break needs to be seen, and no shrinking: that it is seen is enough.
EXAMPLES_FOR_A_BREAK = 1_000


class InMemory(ReleaseMachine):
    make = MemorySystem


def looking(examples: int, *phases: Phase, same: bool = True) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        phases=phases,
        derandomize=same,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def test_whatever_happens_in_whatever_order_the_promises_hold():
    chosen = looking(EXAMPLES, Phase.generate, Phase.shrink, same=not SEED)
    machine = seed(int(SEED))(InMemory) if SEED else InMemory

    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.parametrize("broken", BREAKAGES, ids=lambda broken: broken.__name__)
def test_a_product_that_is_broken_is_found_out(broken: Broken, monkeypatch: pytest.MonkeyPatch):
    broken(monkeypatch)

    with pytest.raises(AssertionError) as caught:
        run_state_machine_as_test(InMemory, settings=looking(EXAMPLES_FOR_A_BREAK, Phase.generate))

    where = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert any(name.startswith(BREAKAGES[broken]) for name in where), where
