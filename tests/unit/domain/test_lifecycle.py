"""Promises of a version's life: its status follows from the facts, and only in ways the table allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Literal, get_args

import pytest

from promptops.domain.errors import IllegalTransition, InvalidUsage
from promptops.domain.lifecycle import (
    TRANSITIONS,
    Facts,
    Status,
    check_transition,
    parse_status,
    status_of,
)
from tests.unit.release_world import World

VERDICTS: tuple[Literal["", "pass", "fail", "inconclusive", "error"], ...] = (
    "",
    "pass",
    "fail",
    "inconclusive",
    "error",
)
EVERY_FACTS = [
    Facts(verdict, released, revoked)
    for verdict, released, revoked in product(VERDICTS, (False, True), (False, True))
]


def may_happen(facts: Facts) -> Iterator[Facts]:
    """The facts after each thing that may happen to a version."""
    for verdict in VERDICTS[1:]:
        yield replace(facts, verdict=verdict)
    yield replace(facts, revoked=not facts.revoked)
    if facts.verdict in ("pass", "inconclusive") and not facts.revoked:
        yield replace(facts, released=True)


def test_whatever_happens_to_a_version_its_status_goes_an_allowed_way():
    for facts in EVERY_FACTS:
        for after in may_happen(facts):
            assert check_transition(facts.status, after.status) == after.status, (facts, after)


def test_every_allowed_way_is_one_that_can_be_gone():
    gone = {
        (facts.status, after.status)
        for facts in EVERY_FACTS
        for after in may_happen(facts)
        if facts.status != after.status
    }

    assert gone == {(before, after) for before, afters in TRANSITIONS.items() for after in afters}


def test_a_version_that_was_never_evaluated_or_failed_is_not_released():
    for before in ("published", "failed"):
        with pytest.raises(IllegalTransition, match=f"a version that is {before} does not become released"):
            check_transition(before, "released")


def test_inconclusive_evidence_may_do_for_a_release_and_an_error_never():
    statuses = {verdict: Facts(verdict).status for verdict in VERDICTS}

    assert statuses == {
        "": "published",
        "pass": "evaluated",
        "inconclusive": "evaluated",
        "fail": "failed",
        "error": "failed",
    }


def test_what_was_released_once_never_becomes_less():
    for after in ("published", "evaluated", "failed"):
        with pytest.raises(IllegalTransition, match="From there it becomes revoked"):
            check_transition("released", after)


def test_every_status_has_its_row_and_its_name():
    assert set(TRANSITIONS) == set(get_args(Status))
    assert [parse_status(status) for status in TRANSITIONS] == list(TRANSITIONS)
    with pytest.raises(InvalidUsage, match=r"unknown status 'live'\. Known: published, evaluated"):
        parse_status("live")


def test_a_versions_status_is_what_is_recorded_of_it():
    world = World()
    record = world.publish(1)
    seen = [status_of(record, released=False)]

    world.evaluate(record)
    record = world.registry.version(record.ref)
    seen += [status_of(record, released=False), status_of(record, released=True)]
    seen.append(status_of(replace(record, revoked_reason="it insults customers"), released=True))

    assert seen == ["published", "evaluated", "released", "revoked"]
