"""Which identities are one human, and which prove nothing."""

from __future__ import annotations

import pytest

from promptops.domain.people import Actor, People, Person

ALICE = Person(
    "Alice", ("alice@example.com",),
    ("arn:aws:iam::111122223333:user/alice", "AWSReservedSSO_Authors/alice@example.com"),
)  # fmt: skip
PEOPLE = People([ALICE, Person("Bob", ("bob@example.com",), ("arn:aws:iam::111122223333:user/bob",))])


@pytest.mark.parametrize(
    "actor",
    [
        Actor("oidc", "alice@example.com"),
        Actor("oidc", " ALICE@Example.com "),
        Actor("iam", "arn:aws:iam::111122223333:user/alice"),
        Actor(
            "iam",
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Authors_0123456789abcdef/alice@example.com",
        ),
    ],
)
def test_every_identity_of_a_person_is_that_person(actor):
    assert PEOPLE.of(actor) == ALICE


@pytest.mark.parametrize(
    "identity",
    [
        "arn:aws:sts::111122223333:assumed-role/deployer/alice",
        "arn:aws:sts::111122223333:assumed-role/deployer/alice@example.com",
        "arn:aws:iam::111122223333:role/alice",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::999999999999:user/alice",
    ],
)
def test_a_session_name_anybody_can_choose_is_nobody(identity):
    assert PEOPLE.of(Actor("iam", identity)) is None


def test_our_own_parts_are_nobody():
    assert PEOPLE.of(Actor("system", "alice@example.com")) is None
