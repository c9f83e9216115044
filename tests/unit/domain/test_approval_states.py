"""What an approval may become, from where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.domain.approval import TRANSITIONS, Approval, Subject
from promptops.domain.errors import IllegalTransition
from tests.unit.release_world import ALICE, BOB, PROMPT

AT = "2026-03-01T10:00:00.000000Z"
PENDING = Approval(
    approval_id=f"prod-{1:032x}",
    request_id=f"prod-{2:032x}",
    subject=Subject("prod", PROMPT, 2, "a" * 64, "b" * 64, "c" * 64, 1),
    reason="better answers",
    requested_by=ALICE,
    authors=(),
    publishers=(),
    requested_at=AT,
    expires_at="2026-03-02T10:00:00.000000Z",
)


@pytest.mark.parametrize("before", TRANSITIONS)
@pytest.mark.parametrize("after", TRANSITIONS)
def test_an_approval_goes_only_where_the_table_allows(before, after):
    approval = replace(PENDING, status=before)

    if after in TRANSITIONS[before]:
        assert approval.become(after).status == after
    else:
        with pytest.raises(IllegalTransition, match=f"is {before} and cannot become {after}"):
            approval.become(after)


def test_what_is_decided_is_decided_once_and_says_by_whom():
    decided = PENDING.become("APPROVED", decided_by=BOB, decided_at=AT, comment="fine")

    assert (decided.status, decided.decided_by, decided.comment) == ("APPROVED", BOB, "fine")
    with pytest.raises(IllegalTransition):
        decided.become("REJECTED", decided_by=BOB)
