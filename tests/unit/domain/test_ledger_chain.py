"""The audit rows form a chain that shows what was changed, dropped or moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.domain.ledger import GENESIS, Head, Release, next_release
from promptops.domain.people import Actor
from promptops.domain.restriction import next_restriction

ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")


def a_chain(length: int) -> list[Release]:
    head, rows = Head("support-ticket"), []
    for number in range(1, length + 1):
        row = next_release(
            head,
            version=number,
            sha256=f"{number:064d}",
            kind="promote",
            actor=ALICE,
            reason="why",
            at="t",
            op_id=f"op-{number}",
        )
        rows.append(row)
        head = row.head()
    return rows


def test_rows_of_today_keep_their_chain_for_ever():
    """A field more breaks this, unless it is left out while empty: every old row would fail its audit."""
    freeze = next_restriction("prod", None, kind="freeze", actor=ALICE, reason="why", at="t")

    assert a_chain(1)[0].chain == "48a71540337b677386a0741d6e1a55cb357e28a52ebe58e7b46a36fc3c389795"
    assert freeze.chain == "6f1659a0e24dc6660517d5ee07a52e080583140577fecbba1c38a3603f8793f6"


def test_each_release_names_the_chain_of_the_one_before():
    rows = a_chain(3)

    assert [row.previous_chain for row in rows] == [GENESIS, rows[0].chain, rows[1].chain]
    assert [row.from_version for row in rows] == [0, 1, 2]
    assert [row.revision for row in rows] == [1, 2, 3]
    assert all(row.sealed().chain == row.chain for row in rows)


@pytest.mark.parametrize(
    "change", [{"reason": "other"}, {"actor": Actor("oidc", "x")}, {"version": 9}, {"at": "u"}]
)
def test_a_changed_row_no_longer_has_its_chain(change):
    row = a_chain(1)[0]

    assert replace(row, **change).sealed().chain != row.chain


def test_a_row_comes_back_from_its_document():
    row = a_chain(2)[1]

    assert Release.from_dict(row.to_dict()) == row
