from __future__ import annotations

from typing import Any

import pytest

from promptops.contract.answers import Restricted
from promptops.contract.bodies import RevokeBody
from promptops.domain.errors import (
    Conflict,
    EndpointDown,
    InvalidReason,
    InvalidVersion,
    NoPreviousRelease,
    Revoked,
    UnknownPrompt,
    UnknownVersion,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.stages.revoke import revoke, unrevoke
from tests.unit.fakes_release import Crash, CrashesAfter
from tests.unit.release_world import ALICE, CAROL, PROMPT, World

REASON = "it insults customers"


def revoked(
    world: World, version: str = "v2", *, reason: str = REASON, by: Actor = CAROL, **others: Any
) -> Restricted:
    """A revocation as prod's function does it."""
    collaborators: dict[str, Any] = {
        "ledger": world.ledgers["prod"],
        "registry": world.registry,
        "artifacts": world.artifacts,
        "pointers": world.pointers["prod"],
        "records": world.records["prod"],
        "clock": world.clock,
        **others,
    }
    return revoke(RevokeBody(PROMPT, version, reason), by, **collaborators)


def unrevoked(world: World, version: str = "v2", reason: str = "it does not") -> Restricted:
    return unrevoke(RevokeBody(PROMPT, version, reason), CAROL, registry=world.registry, clock=world.clock)


def live(world: World, environment: str = "prod") -> tuple[int, str]:
    head = world.ledgers[environment].head(PROMPT)
    return head.version, head.state


def test_the_live_version_leaves_service_at_once_in_the_environment_of_who_revokes():
    world = World()
    world.released(1, 2, to="prod")

    done = revoked(world)

    (released,) = done.released
    release = world.ledgers["prod"].release(PROMPT, 3)
    assert (done.scope, done.kind, done.version, done.reason) == (PROMPT, "revoke", 2, REASON)
    assert (released["version"], released["kind"], released["projected"]) == (1, "rollback", True)
    assert (release.actor, release.reason) == (CAROL, f"v2 revoked: {REASON}")
    assert live(world) == (1, "live")
    assert world.pointer("prod") == world.head_pointer("prod")
    assert live(world, "dev") == (2, "live")


def test_a_revoked_version_is_promoted_and_gone_back_to_nowhere():
    world = World()
    world.released(1, 2, 3, to="prod")

    assert revoked(world).released == []

    with pytest.raises(Revoked, match=REASON):
        world.ask(PromptRef(PROMPT, 2), to="prod")
    with pytest.raises(Revoked, match=REASON):
        world.roll_back(to="v2", environment="prod")
    assert world.roll_back(environment="prod").version == 1


def test_without_a_clean_earlier_release_nothing_is_served():
    world = World()
    world.released(1, to="prod")

    (released,) = revoked(world, "v1").released

    assert (released["kind"], released["version"]) == ("revoke", 1)
    assert live(world) == (1, "revoked")
    assert '"state":"revoked"' in (world.pointer("prod") or "")
    with pytest.raises(NoPreviousRelease):
        world.roll_back(environment="prod")


def test_a_version_taken_back_can_be_released_again_and_is_not_by_itself():
    world = World()
    world.released(1, to="prod")
    revoked(world, "v1")

    done = unrevoked(world, "v1")

    assert (done.kind, done.unchanged, done.released) == ("unrevoke", False, [])
    assert live(world) == (1, "revoked")
    assert world.roll_back(environment="prod").version == 1


def test_a_rollback_by_default_never_returns_to_what_was_revoked_even_after_it_was_taken_back():
    world = World()
    world.released(1, 2, to="prod")
    revoked(world)
    unrevoked(world)

    with pytest.raises(NoPreviousRelease):
        world.roll_back(environment="prod")
    assert world.roll_back(to="v2", environment="prod").version == 2


def test_what_was_said_stays_in_the_log_each_entry_sealed_onto_the_one_before():
    world = World()
    world.released(1, 2, to="prod")
    revoked(world)
    revoked(world, "v1", by=ALICE)
    unrevoked(world)

    newest_first = world.registry.restrictions(PROMPT)

    assert [(entry.sequence, entry.kind, entry.version) for entry in newest_first] == [
        (3, "unrevoke", 2),
        (2, "revoke", 1),
        (1, "revoke", 2),
    ]
    assert newest_first[0].previous_chain == newest_first[1].chain
    assert all(entry.sealed() == entry for entry in newest_first)


def test_asking_for_what_holds_already_changes_nothing_and_tells_what_holds():
    world = World()
    world.released(1, 2, to="prod")
    assert unrevoked(world).unchanged
    first = revoked(world)

    second = revoked(world, reason="another reason", by=ALICE)

    assert (second.unchanged, second.reason, second.at) == (True, REASON, first.at)
    assert second.released == first.released
    assert len(world.registry.restrictions(PROMPT)) == 1
    assert world.ledgers["prod"].head(PROMPT).revision == 3


def test_a_version_that_is_live_nowhere_is_revoked_all_the_same():
    world = World()
    world.publish()

    assert revoked(world, "v1").released == []
    assert world.registry.version(PromptRef(PROMPT, 1)).revoked_reason == REASON


def test_unknown_versions_and_missing_reasons_are_refused():
    world = World()
    with pytest.raises(UnknownPrompt):
        revoked(world)
    world.publish()

    for version, reason, error in (
        ("v9", "x", UnknownVersion),
        ("9", "x", InvalidVersion),
        ("v1", " ", InvalidReason),
    ):
        with pytest.raises(error):
            revoked(world, version, reason=reason)

    assert world.registry.restrictions(PROMPT) == []


def test_a_crash_between_registry_and_ledger_is_ended_by_repeating_it():
    world = World()
    world.released(1, 2, to="prod")
    with pytest.raises(Crash):
        revoked(world, registry=CrashesAfter(world.registry, "restrict"))
    assert live(world) == (2, "live")

    done = revoked(world)

    assert done.unchanged
    assert done.released[0]["version"] == 1
    assert live(world) == (1, "live")


def test_a_crash_between_ledger_and_pointer_is_ended_by_repeating_it():
    world = World()
    world.released(1, 2, to="prod")
    with pytest.raises(Crash):
        revoked(world, ledger=CrashesAfter(world.ledgers["prod"], "commit"))
    assert world.pointer("prod") != world.head_pointer("prod")

    (released,) = revoked(world).released

    assert (released["version"], released["revision"], released["projected"]) == (1, 3, True)
    assert world.pointer("prod") == world.head_pointer("prod")


def test_reconciler_and_who_revokes_withdraw_a_version_once(monkeypatch):
    world = World()
    world.released(1, 2, to="prod")
    ledger = world.ledgers["prod"]
    commit = ledger.commit

    def beaten(wanted):
        monkeypatch.setattr(ledger, "commit", commit)
        world.reconcile("prod")
        return commit(wanted)

    monkeypatch.setattr(ledger, "commit", beaten)
    (released,) = revoked(world).released

    assert (released["version"], released["revision"]) == (1, 3)
    assert ledger.head(PROMPT).revision == 3


def test_a_version_released_again_meanwhile_is_withdrawn_from_there(monkeypatch):
    world = World()
    world.released(1, 2, to="prod")
    ledger = world.ledgers["prod"]
    commit, revoking = ledger.commit, world.registry.restrict

    def after_another_rollback(entry):
        revoking(entry)
        monkeypatch.setattr(ledger, "commit", beaten)

    def beaten(wanted):
        monkeypatch.setattr(ledger, "commit", commit)
        world.roll_back(to="v1", environment="prod")
        return commit(wanted)

    monkeypatch.setattr(world.registry, "restrict", after_another_rollback)

    assert revoked(world).released == []
    assert live(world) == (1, "live")


def test_another_entry_that_was_faster_is_added_to(monkeypatch):
    world = World()
    world.released(1, 2, to="prod")
    restrict = world.registry.restrict

    def beaten(entry):
        monkeypatch.setattr(world.registry, "restrict", restrict)
        world.revoke(PromptRef(PROMPT, 1))
        restrict(entry)

    monkeypatch.setattr(world.registry, "restrict", beaten)
    done = revoked(world)

    assert (done.version, done.unchanged) == (2, False)
    assert [entry.version for entry in world.registry.restrictions(PROMPT)] == [2, 1]


def test_a_log_that_never_rests_is_a_conflict(monkeypatch):
    world = World()
    world.publish()

    def always_late(_entry):
        raise Conflict("the log moved on")

    monkeypatch.setattr(world.registry, "restrict", always_late)

    with pytest.raises(Conflict):
        revoked(world, "v1")


def test_a_ledger_that_is_down_leaves_the_revocation_and_says_what_is_left(monkeypatch):
    world = World()
    world.released(1, 2, to="prod")

    def down(_commit):
        raise EndpointDown("the ledger does not answer")

    monkeypatch.setattr(world.ledgers["prod"], "commit", down)
    (released,) = revoked(world).released

    assert (released["projected"], released["problem"]["code"]) == (False, "E_ENDPOINT")
    assert world.registry.version(PromptRef(PROMPT, 2)).revoked_reason == REASON


def test_a_pointer_that_cannot_follow_is_told():
    world = World()
    world.released(1, 2, to="prod")
    world.pointers["prod"].down = True

    (released,) = revoked(world).released

    assert (released["version"], released["projected"]) == (1, False)
    assert released["problem"]["code"] == "E_ENDPOINT"


def test_a_version_that_was_only_left_for_the_revoked_one_serves_again_rather_than_none():
    world = World()
    world.released(1, 2, to="prod")
    world.roll_back(environment="prod")
    world.roll_back(to="v2", environment="prod")

    revoked(world)

    assert live(world) == (1, "live")
