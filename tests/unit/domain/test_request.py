"""What a request may become, from where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.domain.errors import IllegalTransition
from promptops.domain.request import ENDS, TRANSITIONS, ReleaseRequest, predecessors
from tests.unit.release_world import ALICE, PROMPT

AT = "2026-03-01T10:00:00.000000Z"
BEGUN = ReleaseRequest(
    request_id=f"dev-{7:032x}",
    kind="promote",
    environment="dev",
    prompt_id=PROMPT,
    version=1,
    sha256="a" * 64,
    policy_sha256="b" * 64,
    base_revision=0,
    path=("dev",),
    reason="better answers",
    actor=ALICE,
    requested_at=AT,
    expires_at="2026-03-02T10:00:00.000000Z",
)


@pytest.mark.parametrize("before", TRANSITIONS)
@pytest.mark.parametrize("after", TRANSITIONS)
def test_a_step_goes_only_where_the_table_allows(before, after):
    request = replace(BEGUN, status=before)

    if after in TRANSITIONS[before]:
        assert request.step(AT, "on", status=after).status == after
    else:
        with pytest.raises(IllegalTransition, match=f"is {before} and cannot become {after}"):
            request.step(AT, "on", status=after)


@pytest.mark.parametrize("end", ENDS)
def test_an_ended_request_takes_no_step_at_all(end):
    with pytest.raises(IllegalTransition):
        replace(BEGUN, status=end).step(AT, "a remark")


def test_every_step_of_the_workflow_may_be_repeated():
    assert all(status in following for status, following in TRANSITIONS.items() if status not in ENDS)


@pytest.mark.parametrize("end", ["refused", "failed"])
def test_whatever_is_under_way_can_break_off(end):
    assert set(predecessors(end)) == set(TRANSITIONS) - set(ENDS)


def test_nothing_is_released_that_was_not_being_promoted():
    assert set(predecessors("released")) == {"promoting", "waiting"}
