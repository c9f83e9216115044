"""Whoever had any part in a change does not decide about it, each part on its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.domain.errors import SelfApproval
from promptops.domain.people import Actor
from tests.unit.approval_world import ALICE, BOB, BOB_SIGNED, CAROL, PEOPLE, Scene

PARTS = {
    "wrote it": {"authors": ("alice@example.com", BOB.identity)},
    "asked for it": {"requested_by": BOB_SIGNED},
    "published it": {"publishers": (ALICE, BOB_SIGNED)},
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("as_whom", [BOB, BOB_SIGNED], ids=["signed in", "by IAM"])
def test_who_had_one_part_in_a_change_does_not_decide(part: str, as_whom: Actor) -> None:
    scene = Scene()
    approval = replace(
        scene.approval,
        **{"authors": ("alice@example.com",), "requested_by": ALICE, "publishers": (ALICE,), **PARTS[part]},
    )

    with pytest.raises(SelfApproval, match="Bob Approver"):
        approval.decider(as_whom, PEOPLE, scene.clock.now())

    assert approval.decider(CAROL, PEOPLE, scene.clock.now()).name == "Carol Approver"
