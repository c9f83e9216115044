from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.domain.errors import InvalidIdempotencyKey
from promptops.domain.ledger import Head, Release, ReleaseKind, next_release
from promptops.domain.people import Actor
from promptops.domain.release_rules import check_op_id, rollback_targets

ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")


def history(*steps: tuple[ReleaseKind, int]) -> list[Release]:
    """Releases newest first."""
    head, releases = Head("support-ticket"), []
    for kind, version in steps:
        fields = {"sha256": "a" * 64, "actor": ALICE, "reason": "x", "at": "", "op_id": str(head.revision)}
        release = next_release(head, version=version, kind=kind, **fields)
        releases.insert(0, release)
        head = release.head()
    return releases


def targets(*steps: tuple[ReleaseKind, int]) -> list[int]:
    releases = history(*steps)
    return [release.version for release in rollback_targets(releases[0].head(), releases)]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("promote", 1)], []),
        ([("promote", 1), ("promote", 2), ("promote", 3)], [2, 1]),
        ([("promote", 1), ("promote", 2), ("promote", 1)], [2]),
        ([("promote", 1), ("promote", 2), ("rollback", 1)], []),
        ([("promote", 1), ("promote", 2), ("adopt", 1)], []),
        ([("promote", 1), ("promote", 2), ("rollback", 1), ("promote", 2), ("promote", 3)], [2, 1]),
        ([("promote", 1), ("promote", 2), ("rollback", 1), ("rollback", 2)], [1]),
        ([("promote", 1), ("promote", 2), ("rollback", 1), ("rollback", 2), ("rollback", 1)], []),
        ([("promote", 1), ("promote", 2), ("drill", 1), ("drill", 2)], [1]),
        ([("promote", 1), ("promote", 2), ("retire", 2)], [2, 1]),
        ([("promote", 1), ("promote", 2), ("promote", 3), ("rollback", 2), ("promote", 4)], [2, 1]),
    ],
)
def test_rollback_goes_to_the_newest_release_nobody_fled_from(steps, expected):
    assert targets(*steps) == expected


STEPS = st.tuples(st.sampled_from(["promote", "rollback"]), st.integers(1, 4))


@given(st.lists(STEPS, min_size=1, max_size=8))
def test_the_live_version_is_never_a_target_and_no_target_comes_twice(steps):
    found = targets(*steps)

    assert steps[-1][1] not in found
    assert len(found) == len(set(found))


def test_op_ids_are_short_plain_and_never_look_like_ours():
    assert check_op_id("Incident-7_a.b:c") == "Incident-7_a.b:c"
    for op_id in ("", "prod-1/prod", "x" * 256, "é", "a b", "a\n"):
        with pytest.raises(InvalidIdempotencyKey):
            check_op_id(op_id)
