from __future__ import annotations

import pytest

from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer
from tests.unit.release_world import PROMPT, World


def test_what_is_right_is_left_alone():
    world = World()
    world.released(1)
    written = list(world.pointers["dev"].written)

    done = world.reconcile()

    assert (done.checked, done.repaired, done.adopted, done.errors) == (1, [], [], [])
    assert world.pointers["dev"].written == written


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "v2 ",
        "V2",
        "{{ssm:x}}",
        "{}",
        "x" * 4096,
        "v2",
        Pointer(1, 1, "0" * 64).to_text(),
        Pointer(2, 99, "0" * 64).to_text(),
    ],
)
def test_a_pointer_that_is_not_the_head_is_written_again(value):
    world = World()
    world.released(1, 2)
    world.pointers["dev"].values = {} if value is None else {PROMPT: value}

    done = world.reconcile()

    assert done.repaired == [PROMPT]
    assert world.pointer() == world.head_pointer()
    assert world.ledgers["dev"].head(PROMPT).revision == 2


def test_a_pointer_typed_in_an_emergency_becomes_a_release_of_who_typed_it():
    world = World()
    world.released(1, 2)
    world.pointers["dev"].values[PROMPT] = "v1"

    done = world.reconcile()

    release = world.ledgers["dev"].release(PROMPT, 3)
    assert (done.adopted, done.repaired) == ([PROMPT], [])
    assert (release.kind, release.version, release.from_version) == ("adopt", 1, 2)
    assert release.actor == Actor("iam", "arn:aws:iam::111122223333:user/oncall")
    assert world.pointer() == world.head_pointer()
    assert world.reconcile().adopted == []


def test_a_version_that_was_never_released_here_is_not_adopted():
    world = World()
    world.released(1)
    world.publish(2)
    world.pointers["dev"].values[PROMPT] = "v2"

    done = world.reconcile()

    assert (done.adopted, done.repaired) == ([], [PROMPT])
    assert world.pointer() == world.head_pointer()


def test_a_revoked_version_is_not_adopted_and_the_pointer_is_repaired():
    world = World()
    world.released(1, 2)
    world.revoke(PromptRef(PROMPT, 1))
    world.pointers["dev"].values[PROMPT] = "v1"

    done = world.reconcile()

    assert [error["code"] for error in done.errors] == ["E_REVOKED"]
    assert done.repaired == [PROMPT]
    assert world.pointer() == world.head_pointer()


def test_lost_release_records_of_live_versions_come_back():
    world = World()
    world.released(1)
    world.records["dev"].stored.clear()

    world.reconcile()

    assert (PROMPT, 1) in world.records["dev"].stored


def test_one_bad_prompt_does_not_keep_the_others_from_being_repaired(monkeypatch):
    world = World()
    world.release(world.publish(prompt_id="refund-policy"))
    world.released(1)
    pointers = world.pointers["dev"]
    pointers.values.clear()
    read = pointers.read

    def failing(prompt_id):
        if prompt_id == "refund-policy":
            raise RuntimeError("unforeseen")
        return read(prompt_id)

    monkeypatch.setattr(pointers, "read", failing)
    done = world.reconcile()

    assert done.repaired == [PROMPT]
    assert len(done.errors) == 1
    assert "refund-policy" in str(done.errors[0]["what"])


def test_alarms_follow_the_versions_that_are_live():
    world = World()
    world.release(world.publish(prompt_id="refund-policy"))
    world.released(1, 2)
    world.roll_back()

    world.reconcile()

    assert set(world.alarms.served) == {PromptRef("refund-policy", 1), PromptRef(PROMPT, 1)}


def test_a_monitoring_outage_does_not_stop_repairs():
    world = World()
    world.released(1)
    world.alarms.down = True
    world.pointers["dev"].values.clear()

    done = world.reconcile()

    assert done.repaired == [PROMPT]
    assert [error["code"] for error in done.errors] == ["E_ENDPOINT"]
