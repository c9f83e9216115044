from __future__ import annotations

import itertools
import logging
import random
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from promptops.contract.names import DRIFT_ALARM
from promptops.domain.errors import AccessRefused, EndpointDown, Throttled, UnreadableRow
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, next_release
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer
from promptops.ports import Commit
from promptops.stages.reconcile import SECONDS_TO_END, is_passing
from promptops.withdrawal import withdraw
from tests.unit.release_world import CAROL, PROMPT, World

OTHER = "refund-policy"
FORGED = [
    "",
    "v2 ",
    "V2",
    "v99",
    "{{ssm:x}}",
    "{}",
    "x" * 4096,
    Pointer(1, 1, "0" * 64).to_text(),
    Pointer(2, 2, "0" * 64).to_text(),
    Pointer(2, 99, "0" * 64).to_text(),
]


def a_world(*versions: int) -> World:
    """These versions released in dev, and long ago."""
    world = World()
    world.released(*versions)
    world.clock.pass_hours(1)
    return world


def set_by_hand(world: World, value: str | None, prompt_id: str = PROMPT) -> None:
    values = world.pointers["dev"].values
    if value is None:
        values.pop(prompt_id, None)
    else:
        values[prompt_id] = value


def accusations(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The log lines that the drift alarm counts."""
    return [record.message for record in caplog.records if record.message.startswith(DRIFT_ALARM)]


def outcomes(world: World) -> list[str]:
    return [drift.outcome for drift in world.ledgers["dev"].drifts()]


class Counting:
    """A port that counts the calls of its methods."""

    def __init__(self, port: object, calls: Counter[str], name: str) -> None:
        self._port, self._calls, self._name = port, calls, name

    def __getattr__(self, method: str) -> Any:
        found = getattr(self._port, method)
        if not callable(found):
            return found

        def counted(*args: object, **kwargs: object) -> object:
            self._calls[f"{self._name}.{method}"] += 1
            return found(*args, **kwargs)

        return counted


def test_what_is_right_is_left_alone():
    world = a_world(1)
    written = list(world.pointers["dev"].written)

    done = world.reconcile()

    assert (done.checked, done.repaired, done.adopted, done.refused, done.errors) == (1, [], [], [], [])
    assert world.pointers["dev"].written == written
    assert outcomes(world) == []


def test_an_idle_pass_costs_few_calls_however_many_prompts_there_are():
    world = a_world(1, 2)
    for number in range(20):
        world.release(world.publish(prompt_id=f"prompt-{number}"))
    world.reconcile()
    calls: Counter[str] = Counter()
    kept = world.reconciler()
    ports = ("ledger", "registry", "artifacts", "pointers", "records", "alarms")
    counting = {name: Counting(getattr(kept, name), calls, name) for name in ports}
    ledger: Any = counting["ledger"]
    archiver = replace(world.archiver(), ledger=ledger)
    reconciler = replace(kept, **counting, archive=archiver.copy)

    done = reconciler.reconcile()

    assert (done.checked, done.errors) == (21, [])
    assert calls == {
        "ledger.heads": 1,
        "ledger.archived": 1,
        "ledger.restrictions": 1,
        "registry.revocations": 1,
        "pointers.read_many": 3,
        "alarms.project": 1,
    }


@pytest.mark.parametrize("value", FORGED)
def test_a_pointer_nobody_of_ours_wrote_is_put_back_and_held_against_its_writer(value, caplog):
    world = a_world(1, 2)
    set_by_hand(world, value)

    done = world.reconcile()

    (drift,) = world.ledgers["dev"].drifts()
    assert (done.refused, done.repaired, done.adopted, done.errors) == ([PROMPT], [], [], [])
    assert world.pointer() == world.head_pointer()
    assert world.ledgers["dev"].head(PROMPT).revision == 2
    assert (drift.prompt_id, drift.outcome) == (PROMPT, "refused")
    assert drift.writer == "arn:aws:iam::111122223333:user/oncall"
    assert drift.expected == world.head_pointer()
    assert (drift.found, drift.mended) == (value, True)
    assert len(accusations(caplog)) == 1
    assert world.reconcile().refused == []


def test_a_refused_pointer_is_one_line_of_the_log_whatever_it_holds(caplog):
    world = a_world(1)
    set_by_hand(world, "x\n" + DRIFT_ALARM + "refund-policy\r\x1b[2J")

    world.reconcile()

    (line,) = accusations(caplog)
    assert line.startswith(f"{DRIFT_ALARM}the pointer of {PROMPT} held ")
    assert line.isprintable()


def test_a_refused_pointer_is_put_back_where_its_writer_is_not_to_be_known(monkeypatch):
    world = a_world(1)
    set_by_hand(world, "v99")
    monkeypatch.setattr(world.pointers["dev"], "last_writer", failing(AccessRefused("no history")))

    done = world.reconcile()

    assert (done.refused, done.errors) == ([PROMPT], [])
    assert [drift.writer for drift in world.ledgers["dev"].drifts()] == ["unknown"]


def test_a_refused_pointer_is_put_back_where_it_cannot_be_noted(monkeypatch, caplog):
    world = a_world(1)
    set_by_hand(world, "v99")
    monkeypatch.setattr(world.ledgers["dev"], "note_drift", failing(Throttled("the ledger is busy")))

    done = world.reconcile()

    assert world.pointer() == world.head_pointer()
    assert [error["code"] for error in done.errors] == ["E_THROTTLED"]
    assert len(accusations(caplog)) == 1


def test_a_deleted_pointer_is_made_again_and_rings(caplog):
    world = World()
    world.released(1, 2)
    set_by_hand(world, None)

    done = world.reconcile()

    (drift,) = world.ledgers["dev"].drifts()
    assert (done.repaired, done.refused) == ([PROMPT], [])
    assert (drift.outcome, drift.found, drift.writer) == ("missing", "", "unknown")
    assert world.pointer() == world.head_pointer()
    assert accusations(caplog) == [f"{DRIFT_ALARM}the pointer of {PROMPT} was missing"]


def test_a_first_release_whose_pointer_is_still_to_come_is_no_finding():
    world = World()
    world.released(1)
    set_by_hand(world, None)

    done = world.reconcile()

    assert (done.repaired, outcomes(world)) == ([PROMPT], [])
    assert world.pointer() == world.head_pointer()


def test_a_first_pointer_that_is_gone_for_long_is_one():
    world = a_world(1)
    set_by_hand(world, None)

    world.reconcile()

    assert outcomes(world) == ["missing"]


def test_our_own_older_pointer_is_late_and_no_finding(caplog):
    world = World()
    world.released(1)
    older = world.pointer()
    world.released(2)
    set_by_hand(world, older)

    done = world.reconcile()

    assert (done.repaired, done.refused, outcomes(world)) == ([PROMPT], [], [])
    assert world.pointer() == world.head_pointer()
    assert accusations(caplog) == []


def test_the_live_version_typed_by_hand_is_written_as_we_write_it():
    world = a_world(1, 2)
    set_by_hand(world, "v2")

    done = world.reconcile()

    assert (done.repaired, done.adopted, done.refused) == ([PROMPT], [], [])
    assert world.ledgers["dev"].head(PROMPT).revision == 2


def test_a_pointer_typed_in_an_emergency_becomes_a_release_of_who_typed_it(caplog):
    world = a_world(1, 2)
    set_by_hand(world, "v1")

    done = world.reconcile()

    release = world.ledgers["dev"].release(PROMPT, 3)
    assert (done.adopted, done.repaired, done.refused) == ([PROMPT], [], [])
    assert (release.kind, release.version, release.from_version) == ("adopt", 1, 2)
    assert release.actor == Actor("iam", "arn:aws:iam::111122223333:user/oncall")
    assert world.pointer() == world.head_pointer()
    assert outcomes(world) == ["adopted"]
    assert accusations(caplog) == []
    assert world.reconcile().adopted == []


def test_a_pointer_typed_during_a_freeze_is_adopted_too():
    world = a_world(1, 2)
    world.freeze("dev", "a long weekend")
    set_by_hand(world, "v1")

    assert world.reconcile().adopted == [PROMPT]


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_typed_onto_a_retired_prompt_brings_it_back(version):
    world = a_world(1, 2)
    retire(world)
    assert world.reconcile().repaired == [PROMPT]
    set_by_hand(world, f"v{version}")

    done = world.reconcile()

    head = world.ledgers["dev"].head(PROMPT)
    assert done.adopted == [PROMPT]
    assert (head.version, head.state) == (version, "live")
    assert world.pointer() == world.head_pointer()


def test_the_pointer_of_a_retired_prompt_is_repaired_like_any_other():
    world = a_world(1)
    retire(world)
    set_by_hand(world, "v99")

    assert world.reconcile().refused == [PROMPT]
    assert '"state":"retired"' in str(world.pointer())


def test_a_version_that_was_never_released_here_is_refused():
    world = a_world(1)
    world.publish(2)
    set_by_hand(world, "v2")

    done = world.reconcile()

    assert (done.adopted, done.refused, done.errors) == ([], [PROMPT], [])
    assert world.pointer() == world.head_pointer()


def test_a_revoked_version_typed_by_hand_is_refused(caplog):
    world = a_world(1, 2)
    world.revoke(PromptRef(PROMPT, 1))
    set_by_hand(world, "v1")

    done = world.reconcile()

    assert (done.adopted, done.refused, done.errors) == ([], [PROMPT], [])
    assert world.pointer() == world.head_pointer()
    assert outcomes(world) == ["refused"]
    assert len(accusations(caplog)) == 1


def test_a_typed_version_is_left_where_its_proof_cannot_be_read(monkeypatch):
    world = a_world(1, 2)
    world.reconcile()
    set_by_hand(world, "v1")
    monkeypatch.setattr(world.records["dev"], "read", failing(EndpointDown("S3 does not answer")))

    done = world.reconcile()

    assert [error["code"] for error in done.errors] == ["E_ENDPOINT"]
    assert (done.refused, world.pointer()) == ([], "v1")


@pytest.mark.parametrize("stopped", [False, True], ids=["pointer written", "stopped before its pointer"])
def test_a_typed_version_overtaken_by_a_release_gives_way_to_it(stopped):
    world = a_world(1, 2)
    record = world.publish(3)
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    set_by_hand(world, "v1")

    def release() -> None:
        world.pointers["dev"].down = stopped
        world.promotion("dev").promote(request_id)
        world.pointers["dev"].down = False

    ledger: Any = Overtaken(world.ledgers["dev"], release)
    done = replace(world.reconciler(), ledger=ledger).reconcile()

    assert (done.adopted, done.refused, done.errors) == ([], [], [])
    assert world.ledgers["dev"].head(PROMPT).version == 3
    assert world.pointer() == ("v1" if stopped else world.head_pointer())
    assert world.alarms.served == (PromptRef(PROMPT, 3),)


@pytest.mark.parametrize("looks", [1, 2])
def test_nobody_is_accused_while_the_head_moves_between_the_looks(looks, caplog):
    """A value that fits no head we saw may be the pointer of a release that is just being made."""
    world = a_world(1)
    forged = Pointer(1, 2, "0" * 64).to_text()
    set_by_hand(world, forged)
    moves = iter([2, 3, 4][:looks])

    class Moving:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.ledgers["dev"], name)

        def head(self, prompt_id: str) -> Head:
            if version := next(moves, None):
                world.released(version)
                set_by_hand(world, forged if version <= looks else world.head_pointer())
            return world.ledgers["dev"].head(prompt_id)

    ledger: Any = Moving()
    done = replace(world.reconciler(), ledger=ledger).reconcile()

    assert (done.refused, done.errors, outcomes(world)) == ([], [], [])
    assert accusations(caplog) == []


def test_a_head_that_never_rests_is_left_to_who_moves_it(caplog):
    world = a_world(1)
    set_by_hand(world, "v99")
    versions = itertools.count(2)

    class Restless:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.ledgers["dev"], name)

        def head(self, prompt_id: str) -> Head:
            world.released(next(versions))
            set_by_hand(world, "v99")
            return world.ledgers["dev"].head(prompt_id)

    ledger: Any = Restless()
    done = replace(world.reconciler(), ledger=ledger).reconcile()

    assert (done.refused, done.repaired, done.errors) == ([], [], [])
    assert accusations(caplog) == []


def test_a_revoked_version_leaves_service_for_the_one_before_it():
    world = a_world(1, 2)
    world.revoke(PromptRef(PROMPT, 2), "it insults customers")

    done = world.reconcile()

    release = world.ledgers["dev"].releases(PROMPT)[0]
    assert (done.withdrawn, done.repaired, done.refused) == ([PROMPT], [], [])
    assert (release.kind, release.version, release.actor) == ("rollback", 1, CAROL)
    assert "it insults customers" in release.reason
    assert world.pointer() == world.head_pointer()
    assert outcomes(world) == []
    assert world.alarms.served == (PromptRef(PROMPT, 1),)
    assert world.reconcile().withdrawn == []


def test_a_revoked_version_with_nothing_before_it_leaves_a_tombstone():
    world = a_world(1)
    world.revoke(PromptRef(PROMPT, 1))

    done = world.reconcile()

    assert done.withdrawn == [PROMPT]
    assert '"state":"revoked"' in str(world.pointer())
    assert world.pointer() == world.head_pointer()
    assert world.alarms.served == ()
    assert world.reconcile().withdrawn == []


def test_a_withdrawal_that_lost_against_a_release_lets_it_stand():
    world = a_world(1, 2)
    record = world.publish(3)
    world.evaluate(record)
    request_id = world.requested(record.ref, to="dev")
    world.revoke(PromptRef(PROMPT, 2))
    ledger: Any = Overtaken(world.ledgers["dev"], lambda: world.promotion("dev").promote(request_id))

    done = replace(world.reconciler(), ledger=ledger).reconcile()

    assert (done.withdrawn, done.refused, done.errors) == ([], [], [])
    assert world.ledgers["dev"].head(PROMPT).version == 3
    assert world.pointer() == world.head_pointer()


def test_pointers_are_repaired_while_the_registry_does_not_answer(monkeypatch):
    world = a_world(1)
    set_by_hand(world, "v99")
    monkeypatch.setattr(world.registry, "revocations", failing(EndpointDown("DynamoDB does not answer")))

    done = world.reconcile()

    assert done.refused == [PROMPT]
    assert [error["code"] for error in done.errors] == ["E_ENDPOINT"]


def test_a_record_that_was_never_written_comes_with_the_first_pass():
    world = a_world(1)
    world.records["dev"].stored.clear()

    world.reconcile()

    assert (PROMPT, 1) in world.records["dev"].stored


def test_what_is_archived_has_its_record_and_no_process_looks_for_it_again():
    world = a_world(1)
    world.reconcile()
    world.records["dev"].stored.clear()

    world.reconcile()

    assert world.records["dev"].stored == {}


def test_what_is_not_archived_yet_has_its_record_looked_for_by_every_pass():
    world = a_world(1)
    world.records["dev"].stored.clear()
    reconciler = replace(world.reconciler(), archive=lambda heads, marks, in_time: [])

    reconciler.reconcile()
    assert (PROMPT, 1) in world.records["dev"].stored
    world.records["dev"].stored.clear()
    reconciler.reconcile()

    assert (PROMPT, 1) in world.records["dev"].stored


@pytest.mark.parametrize("bad", [OTHER, "a-first", "z-last"])
def test_one_bad_prompt_does_not_keep_the_others_from_being_repaired(bad, monkeypatch):
    world = a_world(1)
    world.release(world.publish(prompt_id=bad))
    pointers = world.pointers["dev"]
    pointers.values.clear()
    read = pointers.read

    def failing_for_one(prompt_id: str) -> str | None:
        if prompt_id == bad:
            raise RuntimeError("unforeseen")
        return read(prompt_id)

    monkeypatch.setattr(pointers, "read", failing_for_one)
    done = world.reconcile()

    assert done.repaired == [PROMPT]
    (error,) = done.errors
    assert bad in str(error["what"])


def test_pointers_that_cannot_be_read_together_are_read_one_by_one(monkeypatch):
    world = a_world(1)
    world.release(world.publish(prompt_id=OTHER))
    set_by_hand(world, "v99", OTHER)
    monkeypatch.setattr(world.pointers["dev"], "read_many", failing(AccessRefused("ssm:GetParameters")))

    done = world.reconcile()

    assert (done.refused, done.repaired, done.errors) == ([OTHER], [], [])


def many(number: int) -> tuple[World, list[str]]:
    """So many prompts, each with a pointer that is not ours."""
    world = World()
    names = [f"prompt-{each:02d}" for each in range(number)]
    for name in names:
        world.release(world.publish(prompt_id=name))
        set_by_hand(world, "v99", name)
    return world, names


@pytest.mark.parametrize("error", [Throttled("slow down"), EndpointDown("no answer")])
def test_what_was_read_before_an_outage_counts_and_the_rest_is_the_next_passs(error, monkeypatch):
    world, names = many(25)
    pointers, asked = world.pointers["dev"], Counter[str]()
    read_many, read = pointers.read_many, pointers.read

    def in_part(prompt_ids: list[str]) -> Any:
        if names[10] in prompt_ids:
            raise error
        return read_many(prompt_ids)

    def counted(prompt_id: str) -> str | None:
        asked[prompt_id] += 1
        return read(prompt_id)

    monkeypatch.setattr(pointers, "read_many", in_part)
    monkeypatch.setattr(pointers, "read", counted)
    done = world.reconcile()

    assert (done.refused, sorted(asked)) == (names[:10], names[:10])
    (problem,) = done.errors
    assert problem["code"] == error.code
    assert "15 pointers" in str(problem["what"])
    monkeypatch.undo()
    assert world.reconcile().refused == names[10:]


def test_a_pass_ends_before_its_time_and_says_how_much_is_left():
    world, names = many(25)
    world.revoke(PromptRef(names[-1], 1))
    times = iter([20.0] * 8)

    done = world.reconciler().reconcile((), lambda: next(times, SECONDS_TO_END))

    # One look at the time for what is revoked, three for reading pointers, then one a prompt.
    assert (done.withdrawn, done.refused) == ([names[-1]], [names[-1], *names[:4]])
    (error,) = done.errors
    assert error["code"] == "E_UNAVAILABLE"
    assert "20 of 25 prompts in dev" in str(error["what"])
    assert world.archive.objects == {}
    assert world.reconcile().refused == names[4:-1]


def test_pointers_there_was_no_time_to_read_are_an_error_too():
    world, _ = many(25)
    times = iter([20.0])

    done = world.reconciler().reconcile((), lambda: next(times, SECONDS_TO_END))

    assert [str(error["what"]).split(" of 25")[0] for error in done.errors] == [
        "the time was over before 15",
        "the time was over before 10",
    ]


def test_a_head_that_cannot_be_read_keeps_no_other_from_being_repaired(monkeypatch, caplog):
    world = a_world(1)
    set_by_hand(world, "v99")
    ledger = world.ledgers["dev"]
    heads = ledger.heads

    def with_a_bad_one(prompt_ids: Any = None, unreadable: Any = None) -> Any:
        unreadable(UnreadableRow("a row of the heads is none"))
        return heads(prompt_ids)

    monkeypatch.setattr(ledger, "heads", with_a_bad_one)
    done = world.reconcile()

    assert done.refused == [PROMPT]
    assert [error["code"] for error in done.errors] == ["E_ROW"]
    assert any("1 errors in dev that no pass ends by itself: E_ROW" in line for line in accusations(caplog))


def test_a_revocation_that_cannot_be_read_keeps_no_other_from_being_obeyed(monkeypatch):
    world = a_world(1, 2)
    world.revoke(PromptRef(PROMPT, 2))
    revocations = world.registry.revocations

    def with_a_bad_one(unreadable: Any = None) -> Any:
        unreadable(UnreadableRow("a row of the list is none"))
        return revocations()

    monkeypatch.setattr(world.registry, "revocations", with_a_bad_one)
    done = world.reconcile()

    assert done.withdrawn == [PROMPT]
    assert [error["code"] for error in done.errors] == ["E_ROW"]


def test_an_error_that_no_pass_ends_rings_and_one_that_may_pass_does_not(monkeypatch, caplog):
    world = a_world(1)
    world.archive.objects["archive/ledger/dev/releases/support-ticket/0000000001.json"] = {}
    lasting = world.reconcile()
    told = accusations(caplog)
    caplog.clear()
    world.archive.objects.clear()
    monkeypatch.setattr(world.archive, "keep", failing(EndpointDown("S3 does not answer")))

    passing = world.reconcile()

    assert told == [f"{DRIFT_ALARM}1 errors in dev that no pass ends by itself: E_DIGEST"]
    assert accusations(caplog) == []
    assert (is_passing(lasting), is_passing(passing)) == (False, True)


def test_what_cannot_be_put_right_is_noted_once_and_rings_all_the_time(monkeypatch, caplog):
    world = a_world(1)
    set_by_hand(world, "v98")
    with monkeypatch.context() as patched:
        patched.setattr(world.pointers["dev"], "write", failing(AccessRefused("a policy denies it")))
        for _ in range(3):
            world.clock.pass_hours(1)
            assert not is_passing(world.reconcile())
        set_by_hand(world, "v99")
        world.reconcile()
        world.reconcile()

    notes = world.ledgers["dev"].drifts()
    assert [(note.found, note.mended) for note in notes] == [("v99", False), ("v98", False)]
    assert len([line for line in accusations(caplog) if " held " in line]) == 5


def test_the_same_value_written_again_after_it_was_put_back_is_noted_again():
    world = a_world(1)
    for value in ("v99", "v99", None, None):
        world.clock.pass_hours(1)
        set_by_hand(world, value)
        world.reconcile()

    assert outcomes(world) == ["missing", "missing", "refused", "refused"]
    assert all(note.mended for note in world.ledgers["dev"].drifts())


def test_a_value_found_under_another_head_is_noted_again(monkeypatch):
    world = a_world(1, 2)
    monkeypatch.setattr(world.pointers["dev"], "write", failing(AccessRefused("a policy denies it")))
    for _ in range(2):
        set_by_hand(world, "v99")
        world.reconcile()
        world.clock.pass_hours(1)
        world.roll_back(to="v1")

    assert len(outcomes(world)) == 2


def test_where_nobody_knows_what_was_noted_it_is_noted(monkeypatch):
    world = a_world(1)
    set_by_hand(world, "v99")
    monkeypatch.setattr(world.ledgers["dev"], "drifts", failing(KeyError("prompt_id")))

    done = world.reconcile()

    monkeypatch.undo()
    assert (done.refused, done.errors, outcomes(world)) == ([PROMPT], [], ["refused"])


def test_a_pointer_of_a_prompt_that_was_never_released_rings_when_it_is_hinted_at(caplog):
    world = a_world(1)
    set_by_hand(world, "v1", "never-released")

    done = world.reconcile("dev", "never-released", "nothing-at-all")

    (line,) = accusations(caplog)
    assert line.startswith(f"{DRIFT_ALARM}never-released has a pointer and no release in dev")
    assert (done.checked, done.errors) == (0, [])
    assert world.pointers["dev"].values["never-released"] == "v1"


def test_a_first_release_that_is_just_made_is_no_pointer_without_a_release(monkeypatch, caplog):
    world = a_world(1)
    pointers = world.pointers["dev"]
    read = pointers.read

    def released_meanwhile(prompt_id: str) -> str | None:
        world.release(world.publish(prompt_id=OTHER))
        return read(prompt_id)

    monkeypatch.setattr(pointers, "read", released_meanwhile)
    world.reconcile("dev", OTHER)

    assert accusations(caplog) == []


def test_of_two_who_adopt_different_values_the_slower_one_gives_way():
    world = a_world(1, 2, 3)
    set_by_hand(world, "v1")

    def other_value() -> None:
        set_by_hand(world, "v2")
        assert world.reconcile().adopted == [PROMPT]
        set_by_hand(world, "v1")

    ledger: Any = Overtaken(world.ledgers["dev"], other_value)
    done = replace(world.reconciler(), ledger=ledger).reconcile()

    assert (done.adopted, done.refused, done.errors) == ([], [], [])
    assert world.ledgers["dev"].head(PROMPT).version == 2


def test_a_pointer_that_may_not_be_written_is_an_error_of_its_prompt_alone(monkeypatch):
    world = a_world(1)
    world.release(world.publish(prompt_id=OTHER))
    for prompt_id in (PROMPT, OTHER):
        set_by_hand(world, "v99", prompt_id)
    pointers = world.pointers["dev"]
    write = pointers.write

    def denied_for_one(prompt_id: str, value: str) -> None:
        if prompt_id == OTHER:
            raise AccessRefused("a policy denies it")
        write(prompt_id, value)

    monkeypatch.setattr(pointers, "write", denied_for_one)
    done = world.reconcile()

    assert done.refused == [PROMPT]
    assert [error["code"] for error in done.errors] == ["E_POINTER_DENIED"]


def test_alarms_follow_the_versions_that_are_live():
    world = a_world(1, 2)
    world.release(world.publish(prompt_id=OTHER))
    world.release(world.publish(prompt_id="wind-up"))
    retire(world, "wind-up")
    world.roll_back()

    world.reconcile()

    assert set(world.alarms.served) == {PromptRef(OTHER, 1), PromptRef(PROMPT, 1)}


def test_a_monitoring_outage_does_not_stop_repairs():
    world = a_world(1, 2)
    world.alarms.down = True
    world.pointers["dev"].values.clear()

    done = world.reconcile()

    assert done.repaired == [PROMPT]
    assert [error["code"] for error in done.errors] == ["E_ENDPOINT"]


def test_a_hint_is_about_its_prompts_alone_and_leaves_alarms_as_they_are():
    world = a_world(1, 2)
    world.release(world.publish(prompt_id=OTHER))
    world.reconcile()
    for prompt_id in (PROMPT, OTHER):
        set_by_hand(world, "v99", prompt_id)

    done = world.reconcile("dev", OTHER, "never-released")

    assert (done.checked, done.refused) == (1, [OTHER])
    assert world.pointer() == "v99"
    assert set(world.alarms.served) == {PromptRef(PROMPT, 2), PromptRef(OTHER, 1)}


def test_a_hint_about_a_healthy_prompt_changes_nothing():
    world = a_world(1, 2)
    world.reconcile()
    pointers, ledger = world.pointers["dev"], world.ledgers["dev"]
    before = (list(pointers.written), ledger.releases(PROMPT), ledger.drifts(), dict(world.archive.objects))

    for _ in range(3):
        assert world.reconcile("dev", PROMPT).errors == []

    after = (list(pointers.written), ledger.releases(PROMPT), ledger.drifts(), dict(world.archive.objects))
    assert after == before


def troubled() -> tuple[World, list[str]]:
    """Six prompts, each with something else to be done about it."""
    world = World()
    names = ["late", "missing", "forged", "typed", "revoked", "gone"]
    for name in names:
        for version in (1, 2):
            world.release(world.publish(version, prompt_id=name))
    older = {name: world.ledgers["dev"].release(name, 1).head().pointer().to_text() for name in names}
    set_by_hand(world, older["late"], "late")
    set_by_hand(world, None, "missing")
    set_by_hand(world, "v99", "forged")
    set_by_hand(world, "v1", "typed")
    world.revoke(PromptRef("revoked", 2))
    world.revoke(PromptRef("gone", 1))
    world.revoke(PromptRef("gone", 2))
    return world, names


def end_of(world: World, names: list[str]) -> dict[str, Any]:
    ledger = world.ledgers["dev"]
    return {
        name: (
            world.pointers["dev"].values[name] == ledger.head(name).pointer().to_text(),
            ledger.head(name).state,
            [(release.kind, release.version) for release in ledger.releases(name)],
            sorted(drift.outcome for drift in ledger.drifts() if drift.prompt_id == name),
            world.archive.read(f"archive/ledger/dev/releases/{name}/{ledger.head(name).revision:010d}.json")
            is not None,
        )
        for name in names
    }


def test_the_schedule_alone_heals_everything():
    world, names = troubled()

    done = world.reconcile()

    assert (sorted(done.withdrawn), done.adopted, done.refused) == (
        ["gone", "revoked"],
        ["typed"],
        ["forged"],
    )
    assert sorted(done.repaired) == ["late", "missing"]
    healed = end_of(world, names)
    assert all(right and archived for right, _, _, _, archived in healed.values())
    assert healed["gone"][1] == "revoked"
    assert healed["revoked"][2] == [("rollback", 1), ("promote", 2), ("promote", 1)]
    assert healed["typed"][2] == [("adopt", 1), ("promote", 2), ("promote", 1)]
    assert world.reconcile().repaired == []


@pytest.mark.parametrize("seed", range(20))
def test_hints_in_any_order_and_three_times_over_come_to_the_same_end(seed):
    scheduled, names = troubled()
    scheduled.reconcile()
    world, _ = troubled()
    hints = names * 3
    random.Random(seed).shuffle(hints)

    for name in hints:
        assert world.reconcile("dev", name).errors == []

    assert end_of(world, names) == end_of(scheduled, names)


def retire(world: World, prompt_id: str = PROMPT) -> None:
    """What the retire stage commits; its pointer is left to the reconciler."""
    ledger = world.ledgers["dev"]
    head = ledger.head(prompt_id)
    release = next_release(
        head,
        version=head.version,
        sha256=head.sha256,
        kind="retire",
        actor=CAROL,
        reason="nobody uses it",
        at=world.clock.now(),
        op_id=f"retire-{prompt_id}",
    )
    ledger.commit(Commit(release, head, lower_environment=None, approval=None))


def failing(error: Exception) -> Any:
    def fails(*args: object, **kwargs: object) -> None:
        raise error

    return fails


class Overtaken:
    """A ledger in which a release commits right before ours does, once."""

    def __init__(self, ledger: object, release: Any) -> None:
        self._ledger, self._release = ledger, release

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def commit(self, commit: Commit) -> object:
        release, self._release = self._release, None
        if release:
            release()
        return self._ledger.commit(commit)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_two_passes_that_leave_a_revoked_version_for_different_targets_are_one_withdrawal():
    world = World()
    world.released(1, 2, 3)
    world.revoke(PromptRef(PROMPT, 3))
    ledger, head = world.ledgers["dev"], world.ledgers["dev"].head(PROMPT)
    parts = {"ledger": ledger, "registry": world.registry, "artifacts": world.artifacts, "clock": world.clock}
    (revocation,) = world.registry.revocations()
    first = withdraw(head, revocation, **parts)
    world.revoke(PromptRef(PROMPT, 2))

    assert withdraw(head, revocation, **parts) == first
    assert len(ledger.releases(PROMPT)) == 4
