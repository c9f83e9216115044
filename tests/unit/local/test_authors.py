"""A newcomer's own commits must not keep them from seeing an approval on their machine."""

from __future__ import annotations

from infra.target import Target
from promptops.domain.people import People


def test_commit_authors_are_alice_on_this_machine_and_nobody_in_an_account():
    local = People(Target.named("local", 4566, "new@corp.example,other@corp.example").people)

    assert local.by_email("new@corp.example") == local.by_email("alice@example.com")
    assert local.by_email("other@corp.example") == local.by_email("alice@example.com")
    assert local.by_email("bob@example.com") != local.by_email("alice@example.com")
    assert Target.named("cloud", None, "new@corp.example").people == ()
