from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from promptops.contract.answers import Drilled
from promptops.contract.bodies import DrillBody
from promptops.contract.names import drill_key
from promptops.domain.errors import (
    AccessRefused,
    Conflict,
    EndpointDown,
    IdempotencyMismatch,
    InvalidIdempotencyKey,
    InvalidReason,
    NoPreviousRelease,
    NotForDrill,
    NotReleased,
    PointerDenied,
    Revoked,
    Unavailable,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.stages.drill import Drills
from tests.unit.fakes import FakeArchive
from tests.unit.fakes_release import Crash, CrashesAfter
from tests.unit.release_world import ALICE, CAROL, PROMPT, World


class Stopwatch:
    """Each look is a quarter of a second later."""

    seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 0.25
        return self.seconds


class Range:
    """Where a world's drills are held."""

    def __init__(self, *versions: int, environments: tuple[str, ...] = ("dev", "staging", "prod")) -> None:
        self.world = World(environments=environments)
        self.archive = FakeArchive()
        self.world.released(*versions, to=environments[0])

    def drills(self, environment: str = "dev", **others: Any) -> Drills:
        world = self.world
        made = Drills(
            is_highest=environment == "prod",
            ledger=world.ledgers[environment],
            registry=world.registry,
            artifacts=world.artifacts,
            pointers=world.pointers[environment],
            records=world.records[environment],
            archive=self.archive,
            clock=world.clock,
            monotonic=Stopwatch(),
        )
        return replace(made, **others)

    def drill(
        self,
        op_id: str = "",
        *,
        reason: str = "drill of March",
        by: Actor = CAROL,
        environment: str = "dev",
        **others: Any,
    ) -> Drilled:
        return self.drills(environment, **others).drill(DrillBody(PROMPT, reason, op_id), by)

    def pointers_written(self) -> list[str]:
        return [value for _, value in self.world.pointers["dev"].written]

    def live(self) -> int:
        head = self.world.ledgers["dev"].head(PROMPT)
        return head.version if head.state == "live" else 0


def test_a_drill_goes_back_and_forth_in_ledger_and_pointer():
    here = Range(1, 2)

    done = here.drill()

    forth, back, *_ = here.world.ledgers["dev"].releases(PROMPT)
    assert (done.version, done.other_version, done.revisions) == (2, 1, [3, 4])
    assert [(each.kind, each.version, each.from_version) for each in (back, forth)] == [
        ("drill", 1, 2),
        ("drill", 2, 1),
    ]
    assert here.pointers_written()[-2:] == [back.head().pointer().to_text(), forth.head().pointer().to_text()]
    assert here.world.pointer() == here.world.head_pointer()


def test_each_way_is_timed_from_its_call_to_the_new_value():
    done = Range(1, 2).drill()

    assert (done.back_seconds, done.forth_seconds) == (0.25, 0.25)


def test_the_evidence_says_who_when_why_which_versions_and_how_long():
    here = Range(1, 2)

    done = here.drill("march")

    evidence = here.archive.objects[drill_key("dev", PROMPT, "march")]
    assert done.evidence_key == "archive/ledger/dev/drills/support-ticket/march.json"
    assert evidence == {
        "schema": 1,
        "environment": "dev",
        "prompt_id": PROMPT,
        "actor": CAROL.to_dict(),
        "reason": "drill of March",
        "op_id": "march",
        "version": 2,
        "other_version": 1,
        "revisions": [3, 4],
        "back_seconds": 0.25,
        "forth_seconds": 0.25,
        "began_at": here.world.ledgers["dev"].release(PROMPT, 3).at,
        "ended_at": evidence["ended_at"],
        "resumed": False,
        "problem": None,
    }
    assert str(evidence["ended_at"]) > here.world.ledgers["dev"].release(PROMPT, 4).at


def test_a_drill_changes_nothing_about_where_a_rollback_goes():
    here = Range(1, 2, 3)
    here.drill()

    assert here.world.roll_back().version == 2


def test_a_drill_works_while_promotions_are_frozen():
    here = Range(1, 2)
    here.world.freeze("dev", "incident")

    assert here.drill().version == 2


def test_nobody_drills_in_the_highest_environment_unless_it_is_the_only_one():
    here = Range(1, 2)
    here.world.released(3, 4, to="prod")
    with pytest.raises(NotForDrill, match="prod is the highest environment"):
        here.drill(environment="prod")
    assert here.world.ledgers["prod"].head(PROMPT).revision == 2

    only = Range(environments=("prod",))
    only.world.publish(1)
    only.world.publish(2)
    for version in (1, 2):
        only.world.release(only.world.registry.version(PromptRef(PROMPT, version)), to="prod")
    assert only.drill(environment="prod", is_highest=False).version == 2


def test_a_drill_needs_something_live_and_an_earlier_clean_release():
    here = Range()
    with pytest.raises(NotReleased):
        here.drill()
    here.world.released(1)
    with pytest.raises(NoPreviousRelease):
        here.drill()
    here.world.released(2)
    here.world.revoke(PromptRef(PROMPT, 1))
    with pytest.raises(NoPreviousRelease):
        here.drill()

    assert here.world.ledgers["dev"].head(PROMPT).revision == 2
    assert here.archive.objects == {}


def test_a_prompt_that_is_served_no_longer_is_not_drilled_with():
    here = Range(1)
    here.world.revoke(PromptRef(PROMPT, 1))
    here.world.reconcile()

    with pytest.raises(NotForDrill, match="support-ticket in dev is revoked"):
        here.drill()


def test_bad_input_is_refused_before_anything_moves():
    here = Range(1, 2)

    with pytest.raises(InvalidReason):
        here.drill(reason=" ")
    for op_id in ("a/b", "x" * 250):
        with pytest.raises(InvalidIdempotencyKey):
            here.drill(op_id)

    assert here.world.ledgers["dev"].head(PROMPT).revision == 2


def test_where_evidence_cannot_be_kept_nothing_moves(monkeypatch):
    here = Range(1, 2)

    def down(_key):
        raise EndpointDown("S3 does not answer")

    monkeypatch.setattr(here.archive, "read", down)

    with pytest.raises(EndpointDown):
        here.drill()
    assert here.world.ledgers["dev"].head(PROMPT).revision == 2


def test_the_same_op_id_gives_the_first_result_even_after_newer_releases():
    here = Range(1, 2)
    first = here.drill("march")
    here.world.released(3)

    assert here.drill("march") == first
    assert here.world.ledgers["dev"].head(PROMPT).revision == 5


@pytest.mark.parametrize("other", [{"reason": "another"}, {"by": ALICE}])
def test_an_op_id_used_for_something_else_is_refused(other):
    here = Range(1, 2)
    here.drill("march")

    with pytest.raises(IdempotencyMismatch):
        here.drill("march", **other)


def crash_points(here: Range) -> dict[str, Callable[[], dict[str, Any]]]:
    world = here.world

    def second(port: object, method: str) -> object:
        """The port, dead right after its method has done its work for the second time."""

        class Second:
            calls = 0

            def __getattr__(self, name: str) -> Any:
                found = getattr(port, name)
                if name != method:
                    return found

                def counted(*args: object) -> object:
                    Second.calls += 1
                    done = found(*args)
                    if Second.calls == 2:
                        raise Crash(name)
                    return done

                return counted

        return Second()

    return {
        "back committed": lambda: {"ledger": CrashesAfter(world.ledgers["dev"], "commit")},
        "back projected": lambda: {"pointers": CrashesAfter(world.pointers["dev"], "write")},
        "forth committed": lambda: {"ledger": second(world.ledgers["dev"], "commit")},
        "forth projected": lambda: {"pointers": second(world.pointers["dev"], "write")},
        "evidence kept": lambda: {"archive": CrashesAfter(here.archive, "keep")},
    }


@pytest.mark.parametrize("point", [*crash_points(Range())])
def test_a_drill_that_crashed_is_ended_by_the_same_op_id(point):
    here = Range(1, 2)
    with pytest.raises(Crash):
        here.drill("march", **crash_points(here)[point]())

    done = here.drill("march")

    assert (done.version, done.other_version, done.revisions) == (2, 1, [3, 4])
    assert here.live() == 2
    assert here.world.pointer() == here.world.head_pointer()
    assert here.archive.objects[done.evidence_key]["resumed"] is (point != "evidence kept")
    assert here.drill("march") == done


def test_a_way_back_that_nobody_timed_has_the_ledgers_time():
    here = Range(1, 2)
    with pytest.raises(Crash):
        here.drill("march", **crash_points(here)["forth committed"]())

    assert here.drill("march").back_seconds == 1.0


@pytest.mark.parametrize("point", ["back committed", "back projected"])
def test_a_crashed_drill_never_undoes_what_somebody_released_meanwhile(point):
    here = Range(1, 2)
    with pytest.raises(Crash):
        here.drill("march", **crash_points(here)[point]())
    here.world.released(3)

    with pytest.raises(Conflict, match="v3 by alice"):
        here.drill("march")

    assert here.live() == 3
    assert here.archive.objects == {}


def test_a_release_between_back_and_forth_wins(monkeypatch):
    here = Range(1, 2)
    ledger = here.world.ledgers["dev"]
    commit = ledger.commit

    def overtaken(wanted):
        if wanted.release.op_id.endswith(".forth"):
            monkeypatch.setattr(ledger, "commit", commit)
            here.world.released(3)
        return commit(wanted)

    monkeypatch.setattr(ledger, "commit", overtaken)
    with pytest.raises(Conflict, match="v3 by alice"):
        here.drill()

    assert here.live() == 3
    assert here.world.pointer() == here.world.head_pointer()


def test_a_version_revoked_while_it_was_drilled_does_not_come_back():
    here = Range(1, 2)
    with pytest.raises(Crash):
        here.drill("march", **crash_points(here)["back committed"]())
    here.world.revoke(PromptRef(PROMPT, 2))

    with pytest.raises(Revoked):
        here.drill("march")

    assert here.live() == 1


def test_two_drills_do_not_cross():
    here = Range(1, 2)
    with pytest.raises(Crash):
        here.drill("march", **crash_points(here)["back committed"]())

    with pytest.raises(Conflict, match=r"in a drill of .*carol \(march\).*--to v2"):
        here.drill("april", by=ALICE)

    assert here.drill("march").version == 2
    assert here.drill("april", by=ALICE).revisions == [5, 6]


def test_two_who_end_the_same_drill_agree_on_its_evidence(monkeypatch):
    here = Range(1, 2)
    keep, first = here.archive.keep, []

    def beaten(key, evidence):
        monkeypatch.setattr(here.archive, "keep", keep)
        first.append(here.drill("march"))
        keep(key, evidence)

    monkeypatch.setattr(here.archive, "keep", beaten)

    assert here.drill("march") == first[0]


@pytest.mark.parametrize(
    ("fault", "error"),
    [(EndpointDown("SSM does not answer"), EndpointDown), (AccessRefused("AccessDenied"), PointerDenied)],
)
def test_a_pointer_that_does_not_follow_fails_the_drill_and_the_ledger_is_back(fault, error, monkeypatch):
    here = Range(1, 2)

    def refuse(_prompt_id, _value):
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(here.world.pointers["dev"], "write", refuse)
        with pytest.raises(error, match="in the ledger and not in the pointer") as caught:
            here.drill("march")

    assert here.live() == 2
    assert here.archive.objects[str(caught.value.data["evidence_key"])]["problem"]["code"] == error.code
    with pytest.raises(error):
        here.drill("march")


def test_a_pointer_that_followed_only_the_second_time_fails_the_drill_too(monkeypatch):
    here = Range(1, 2)
    pointers = here.world.pointers["dev"]
    write = pointers.write

    def down_once(_prompt_id, _value):
        monkeypatch.setattr(pointers, "write", write)
        raise EndpointDown("SSM does not answer")

    monkeypatch.setattr(pointers, "write", down_once)

    with pytest.raises(EndpointDown, match="in the ledger and not in the pointer"):
        here.drill()
    assert here.world.pointer() == here.world.head_pointer()


def test_a_pointer_that_holds_something_else_after_its_write_fails_the_drill(monkeypatch):
    here = Range(1, 2)
    pointers = here.world.pointers["dev"]
    monkeypatch.setattr(pointers, "read", lambda _: "v1")

    with pytest.raises(Unavailable, match="holds 'v1' after it was written"):
        here.drill()

    assert here.live() == 2
