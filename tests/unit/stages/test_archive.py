"""Archive: every row has its copy, made once, whatever stops in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from promptops.contract import names
from promptops.domain.errors import EndpointDown, NotReleased, PromptOpsError
from promptops.domain.identifiers import PromptRef
from promptops.domain.restriction import RestrictionKind, next_restriction
from promptops.stages.archive import FREEZES, MAX_COPIES_PER_PASS
from tests.unit.fakes import FakeArchive
from tests.unit.fakes_release import Crash, CrashesAfter
from tests.unit.release_world import CAROL, PROMPT, World

OTHER = "refund-policy"


def copy(world: World, environment: str = "dev") -> list[PromptOpsError]:
    return world.archiver(environment).copy(world.ledgers[environment].heads())


def release_key(revision: int, prompt_id: str = PROMPT, environment: str = "dev") -> str:
    return names.archived_release_key(environment, prompt_id, revision)


def restrict(world: World, kind: RestrictionKind, version: int = 0, prompt_id: str = PROMPT) -> None:
    """A freeze or unfreeze of prod, a revocation of the prompt's version, or one taken back."""
    log: Any = world.registry if version else world.ledgers["prod"]
    scope = prompt_id if version else "prod"
    entries = log.restrictions(scope) if version else log.restrictions(1)
    last = next(iter(entries), None)
    at = world.clock.now()
    log.restrict(next_restriction(scope, last, kind=kind, actor=CAROL, reason="why", at=at, version=version))


class Watched(FakeArchive):
    """Keeps the order of what was kept; `down` after so many."""

    def __init__(self, patience: int = 1_000_000) -> None:
        super().__init__()
        self.kept: list[str] = []
        self.patience = patience

    def keep(self, key: str, document: Mapping[str, object]) -> None:
        if len(self.kept) >= self.patience:
            raise EndpointDown("S3 does not answer")
        super().keep(key, document)
        self.kept.append(key)


def test_every_release_has_its_copy_and_says_so():
    world = World()
    world.released(1, 2)
    world.roll_back()
    world.release(world.publish(prompt_id=OTHER))

    assert copy(world) == []

    ledger = world.ledgers["dev"]
    for revision in (1, 2, 3):
        assert world.archive.objects[release_key(revision)] == {
            "schema": 1,
            "environment": "dev",
            "release": ledger.release(PROMPT, revision).to_dict(),
            "approval": None,
        }
    assert set(world.archive.objects) == {*map(release_key, (1, 2, 3)), release_key(1, OTHER)}
    assert ledger.archived() == {PROMPT: 3, OTHER: 1}


def test_a_release_is_copied_with_the_approval_it_consumed():
    world = World()
    world.release(world.publish(1, risk="high"), to="prod")

    assert copy(world, "prod") == []

    ledger = world.ledgers["prod"]
    release = ledger.release(PROMPT, 1)
    approval = ledger.approval(release.approval_id)
    assert approval.consumed_by == release.op_id
    assert world.archive.objects[release_key(1, environment="prod")]["approval"] == approval.to_dict()


def test_what_has_its_copy_is_not_copied_again():
    world = World()
    world.released(1)
    archive = world.archive = Watched()
    copy(world)
    world.released(2)
    copy(world)
    copy(world)

    assert archive.kept == [release_key(1), release_key(2)]


def test_every_freeze_and_every_one_lifted_has_its_copy():
    world = World()
    restrict(world, "freeze")
    restrict(world, "unfreeze")
    copy(world, "prod")
    restrict(world, "freeze")

    assert copy(world, "prod") == []

    log = world.ledgers["prod"].restrictions()[::-1]
    assert len(log) == 3
    for sequence, entry in enumerate(log, start=1):
        key = names.archived_freeze_key("prod", sequence)
        assert world.archive.objects[key] == {"schema": 1, "restriction": entry.to_dict()}


def test_revocations_and_those_taken_back_are_copied_by_the_highest_environment_alone():
    world = World()
    for prompt_id in (PROMPT, OTHER):
        for version in (1, 2):
            world.publish(version, prompt_id=prompt_id)
    restrict(world, "revoke", 1)
    restrict(world, "revoke", 2)
    restrict(world, "unrevoke", 1)
    restrict(world, "revoke", 1, OTHER)
    restrict(world, "unrevoke", 1, OTHER)

    assert copy(world, "dev") == copy(world, "staging") == []
    assert world.archive.objects == {}
    assert copy(world, "prod") == []

    wanted = {
        names.archived_revocation_key(prompt_id, entry.sequence): {
            "schema": 1,
            "restriction": entry.to_dict(),
        }
        for prompt_id in (PROMPT, OTHER)
        for entry in world.registry.restrictions(prompt_id)
    }
    assert len(wanted) == 5
    assert world.archive.objects == wanted


def test_a_revocation_taken_back_later_is_copied_later():
    world = World()
    world.publish(1)
    restrict(world, "revoke", 1)
    copy(world, "prod")
    restrict(world, "unrevoke", 1)

    assert copy(world, "prod") == []

    assert names.archived_revocation_key(PROMPT, 2) in world.archive.objects


@pytest.mark.parametrize("dies_in", ["keep", "mark_archived"])
def test_a_crash_between_copy_and_watermark_is_harmless(dies_in):
    world = World()
    world.released(1, 2)
    restrict(world, "freeze")
    archiver = world.archiver()
    port = "archive" if dies_in == "keep" else "ledger"
    dying = replace(archiver, **{port: CrashesAfter(getattr(archiver, port), dies_in)})

    with pytest.raises(Crash):
        dying.copy(world.ledgers["dev"].heads())
    after_the_crash = dict(world.archive.objects)
    errors = copy(world)

    assert errors == []
    assert after_the_crash.items() <= world.archive.objects.items()
    assert set(world.archive.objects) == {release_key(1), release_key(2)}
    assert world.ledgers["dev"].archived() == {PROMPT: 2}


def test_a_copy_that_says_something_else_is_an_error_every_time_and_stays_as_it_is():
    world = World()
    world.released(1, 2, 3)
    forged = {"schema": 1, "environment": "dev", "release": {}, "approval": None}
    world.archive.objects[release_key(2)] = forged

    first, second = copy(world), copy(world)

    assert [error.code for error in first] == [error.code for error in second] == ["E_DIGEST"]
    assert world.archive.objects[release_key(2)] == forged
    assert release_key(3) in world.archive.objects
    assert world.ledgers["dev"].archived() == {PROMPT: 1}


def test_a_wrong_copy_of_one_prompt_does_not_keep_the_others_from_being_copied(monkeypatch):
    monkeypatch.setattr("promptops.stages.archive.MAX_COPIES_PER_PASS", 2)
    world = World()
    for version in (1, 2, 3):
        world.release(world.publish(version, prompt_id="a-first"))
    world.released(1)
    world.archive.objects[release_key(1, "a-first")] = {}

    errors = copy(world)

    assert len(errors) == 1
    assert world.ledgers["dev"].archived() == {PROMPT: 1}


def test_a_release_whose_approval_is_gone_is_an_error_and_no_copy():
    world = World()
    world.release(world.publish(1, risk="high"), to="prod")
    world.release(world.publish(prompt_id="z-last", version=1), to="prod")
    world.ledgers["prod"].approvals.clear()

    errors = copy(world, "prod")

    assert [error.code for error in errors] == ["E_APPROVAL_UNKNOWN"]
    assert set(world.archive.objects) == {release_key(1, "z-last", "prod")}


def test_an_outage_ends_the_pass_at_once_and_the_next_one_goes_on_where_it_stopped():
    world = World()
    world.released(1, 2, 3)
    world.release(world.publish(prompt_id="z-last"))
    archive = world.archive = Watched(patience=2)

    errors = copy(world)
    reached = dict(world.ledgers["dev"].archived())
    archive.patience = 1_000_000

    assert [error.code for error in errors] == ["E_ENDPOINT"]
    assert reached == {PROMPT: 2}
    assert copy(world) == []
    assert archive.kept == [release_key(1), release_key(2), release_key(3), release_key(1, "z-last")]


def test_what_nobody_foresaw_is_an_error_too(monkeypatch):
    world = World()
    world.released(1)

    def breaks(key: str, document: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(world.archive, "keep", breaks)

    (error,) = copy(world)

    assert "RuntimeError" in error.what
    assert world.ledgers["dev"].archived() == {}


def test_a_pass_copies_only_so_many_and_the_passes_after_it_the_rest():
    world = World()
    entries = 2 * MAX_COPIES_PER_PASS + 6
    for number in range(entries):
        restrict(world, "unfreeze" if number % 2 else "freeze")
    world.release(world.publish(), to="prod")

    counts = []
    for _ in range(4):
        assert copy(world, "prod") == []
        counts.append(len(world.archive.objects))

    assert counts == [MAX_COPIES_PER_PASS, 2 * MAX_COPIES_PER_PASS, entries + 1, entries + 1]
    assert names.archived_freeze_key("prod", 1) in world.archive.objects


def test_entries_added_while_the_log_is_read_leave_no_gap(monkeypatch):
    world = World()
    for kind in ("freeze", "unfreeze", "freeze"):
        restrict(world, kind)  # type: ignore[arg-type]
    ledger = world.ledgers["prod"]
    restrictions = ledger.restrictions

    def growing(limit: int = 50) -> Sequence[Any]:
        if limit > 1:
            restrict_quietly()
        return restrictions(limit)

    def restrict_quietly() -> None:
        monkeypatch.setattr(ledger, "restrictions", restrictions)
        restrict(world, "unfreeze")
        restrict(world, "freeze")

    monkeypatch.setattr(ledger, "restrictions", growing)
    copy(world, "prod")
    copy(world, "prod")

    assert set(world.archive.objects) == {
        names.archived_freeze_key("prod", sequence) for sequence in range(1, 6)
    }


def test_the_reconciler_archives_what_it_did_itself_in_the_same_pass():
    world = World()
    world.released(1, 2)
    world.revoke(PromptRef(PROMPT, 2))

    done = world.reconcile()

    assert done.errors == []
    assert world.ledgers["dev"].head(PROMPT).revision == 3
    assert world.archive.objects[release_key(3)]["release"] == (
        world.ledgers["dev"].release(PROMPT, 3).to_dict()
    )


def test_what_could_not_be_archived_is_an_error_of_the_reconciliation():
    world = World()
    world.released(1)
    world.archive.objects[release_key(1)] = {}
    world.pointers["dev"].values[PROMPT] = "v99"

    done = world.reconcile()

    assert done.refused == [PROMPT]
    assert [error["code"] for error in done.errors] == ["E_DIGEST"]


def test_a_promotion_whose_record_was_never_written_gets_it_although_another_is_live():
    world = World()
    world.released(1)
    world.records["dev"].down = True
    world.release(world.publish(2))
    world.roll_back()
    world.records["dev"].down = False
    assert (PROMPT, 2) not in world.records["dev"].stored

    assert copy(world) == []

    assert (PROMPT, 2) in world.records["dev"].stored


@pytest.mark.parametrize("fault", [KeyError("actor"), NotReleased("there is no such row")])
def test_a_release_that_cannot_be_read_keeps_no_other_log_from_being_copied(fault, monkeypatch):
    world = World()
    world.release(world.publish(prompt_id="a-first"), to="prod")
    world.released(1, to="prod")
    restrict(world, "freeze")
    ledger = world.ledgers["prod"]
    release = ledger.release

    def one_is_bad(prompt_id: str, revision: int) -> Any:
        if prompt_id == "a-first":
            raise fault
        return release(prompt_id, revision)

    monkeypatch.setattr(ledger, "release", one_is_bad)

    (error,) = copy(world, "prod")

    assert not error.retryable
    assert ledger.archived() == {PROMPT: 1, FREEZES: 1}


@pytest.mark.parametrize("log", ["ledger", "registry"])
def test_a_freeze_or_a_revocation_that_cannot_be_read_keeps_no_release_from_being_copied(log, monkeypatch):
    world = World()
    world.released(1, to="prod")
    port: Any = world.ledgers["prod"] if log == "ledger" else world.registry
    method = "restrictions" if log == "ledger" else "last_restrictions"

    def unreadable(*args: object) -> None:
        raise KeyError("actor")

    monkeypatch.setattr(port, method, unreadable)

    (error,) = copy(world, "prod")

    assert "KeyError" in error.what
    assert release_key(1, environment="prod") in world.archive.objects


def test_what_there_is_no_time_for_is_copied_by_the_next_pass(caplog):
    world = World()
    world.released(1, 2, 3)
    world.release(world.publish(prompt_id="z-last"))
    heads = world.ledgers["dev"].heads()
    looks = iter([True, True, True])

    errors = world.archiver().copy(heads, in_time=lambda: next(looks, False))

    assert errors == []
    assert world.ledgers["dev"].archived() == {PROMPT: 2}
    assert "1 of 2 logs of dev are left to the next pass" in caplog.text
    assert copy(world) == []
    assert world.ledgers["dev"].archived() == {PROMPT: 3, "z-last": 1}
