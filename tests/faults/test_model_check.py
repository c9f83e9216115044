"""Every interleaving of three releases of one prompt, with one crash and one lost reply, step by step.

The protocol that is checked is the code's own: what it does on emulated services is compared with it. And the
checker sees: each part that is taken out of the protocol is found missing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.ssm_pointers import SsmPointers
from tests.adapters.ledger_tables import Tables
from tests.faults.explorer import (
    PROMOTE_12,
    PROMOTE_13,
    RECONCILER,
    ROLLBACK_11,
    START,
    V11_LIVE,
    Explored,
    explore,
    undisturbed,
)
from tests.faults.protocols import (
    AUDIT_OUTSIDE,
    NO_COMPARE_AND_SET,
    NO_OPERATION_ROW,
    NO_RE_READ,
    ONLY_THE_HEAD,
    ONLY_THE_ROW,
    POINTER_FIRST,
    PROMOTE_CALLS,
    RECORD_LAST,
    ROLLBACK_CALLS,
    THE_PROTOCOL,
    Call,
    Protocol,
    Shared,
    Writer,
    call_of,
)
from tests.unit.release_world import World

TWO = (PROMOTE_12, ROLLBACK_11)


@pytest.fixture(scope="module")
def found() -> Explored:
    began = time.monotonic()
    found = explore(THE_PROTOCOL)
    print(
        f"\n{found.states} states, {found.moves} moves, {found.endings} endings ({found.crashed} after a "
        f"crash); pointer not the head: {found.drifted.total()}; repaired by one pass: all but "
        f"{found.unrepaired}; moves that took the pointer back: {found.backwards}; "
        f"{time.monotonic() - began:.1f} s"
    )
    return found


def test_nothing_forbidden_happens_in_any_interleaving(found):
    assert found.violations == {}
    assert found.states > 10_000
    assert found.crashed > 100


def test_without_a_crash_every_ending_has_the_pointer_at_the_head(found):
    assert found.drifted["without a fault"] == 0
    assert found.drifted["after a lost reply"] == 0


def test_after_a_crash_one_pass_of_the_reconciler_repairs_whatever_was_left(found):
    assert found.drifted["after a crash"] > 0
    assert found.unrepaired == 0


def test_the_pointer_may_go_back_for_a_moment_so_clients_must_compare_revisions(found):
    assert found.backwards > 0


@pytest.mark.parametrize(
    ("start", "writers"),
    [
        (V11_LIVE, (PROMOTE_12, PROMOTE_13, ROLLBACK_11)),
        (START, (PROMOTE_12, ROLLBACK_11, RECONCILER)),
    ],
    ids=["a rollback with nothing to do", "a reconciler in between"],
)
def test_it_holds_elsewhere_too(start: Shared, writers: tuple[Writer, ...]):
    found = explore(THE_PROTOCOL, start=start, writers=writers)

    assert found.violations == {}
    assert found.unrepaired == 0
    assert (found.drifted["without a fault"], found.drifted["after a lost reply"]) == (0, 0)


def test_without_reading_the_head_again_a_slow_writer_leaves_an_old_pointer_for_good():
    found = explore(NO_RE_READ, writers=TWO)

    assert found.drifted["without a fault"] > 0
    assert found.violations == {}


@pytest.mark.parametrize(
    ("protocol", "violations"),
    [
        (NO_COMPARE_AND_SET, {"duplicate revision", "audit row missing for ever"}),
        (
            POINTER_FIRST,
            {"pointer to what was never committed", "pointer to a version without a release record"},
        ),
        (AUDIT_OUTSIDE, {"committed without its audit row", "audit row missing for ever"}),
        (NO_OPERATION_ROW, {"an operation committed twice"}),
        (RECORD_LAST, {"pointer to a version without a release record"}),
    ],
    ids=lambda value: value.name if isinstance(value, Protocol) else "",
)
def test_what_is_taken_out_of_the_protocol_is_found_missing(protocol: Protocol, violations: set[str]):
    found = explore(protocol, writers=TWO)

    assert set(found.violations) == violations
    assert all(found.example[what] for what in violations)


def test_an_audit_row_beside_the_transaction_is_lost_for_good():
    found = explore(AUDIT_OUTSIDE, writers=TWO)

    assert found.unrepaired > 0


@pytest.mark.parametrize("protocol", [ONLY_THE_HEAD, ONLY_THE_ROW], ids=lambda protocol: protocol.name)
def test_either_of_the_two_conditions_alone_keeps_revisions_unique(protocol: Protocol):
    assert explore(protocol, writers=TWO).violations == {}


def test_the_protocol_that_is_explored_is_the_list_of_calls():
    assert tuple(undisturbed(THE_PROTOCOL, PROMOTE_12)) == PROMOTE_CALLS
    assert tuple(undisturbed(THE_PROTOCOL, ROLLBACK_11)) == ROLLBACK_CALLS


class Calls:
    """All that the code calls, in the protocol's words."""

    def __init__(self) -> None:
        self.made: list[Call] = []

    def watched(self, client: Any) -> Any:
        client.meta.events.register("provide-client-params", self._note)
        return client

    def _note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        call = call_of(model.service_model.service_name, model.name, params)
        if call:
            self.made.append(call)


@pytest.fixture
def calls() -> Calls:
    return Calls()


@pytest.fixture
def world(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """dev's ledger, pointers and release records on emulated services; v4 is live, v5 has its evidence."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setitem(os.environ, name, "test")
    with mock_aws():
        tables, world = Tables(), World()
        s3, ssm = boto3.client("s3", "us-east-1"), boto3.client("ssm", "us-east-1")
        s3.create_bucket(Bucket="artifacts")
        s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
        world.registry, world.ledgers = tables.registry, tables.ledgers  # type: ignore[assignment]
        world.pointers["dev"] = SsmPointers("prompt-ops", "dev", ssm)  # type: ignore[assignment]
        world.records["dev"] = S3ReleaseRecords("artifacts", "dev", s3)  # type: ignore[assignment]
        world.released(4)
        world.evaluate(world.publish(5))
        for client in (tables.client, s3, ssm):
            calls.watched(client)
        yield world


def test_a_promotion_makes_the_calls_that_are_explored(world: World, calls: Calls):
    request_id = world.requested(world.registry.versions("support-ticket")[0].ref, to="dev")
    calls.made.clear()

    world.promotion("dev").promote(request_id)

    assert tuple(calls.made) == PROMOTE_CALLS


def test_a_rollback_makes_the_calls_that_are_explored(world: World, calls: Calls):
    world.released(6)
    calls.made.clear()

    world.roll_back(to="v4")

    assert tuple(calls.made) == ROLLBACK_CALLS
