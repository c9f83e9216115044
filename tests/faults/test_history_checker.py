"""The checker of the multi-process run finds each kind of broken promise, planted one at a time."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from promptops.domain.ledger import GENESIS, Head, Release, ReleaseKind, next_release
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer
from tests.faults.storm.history import Found, Operation, read_journal, violations

PROMPT = "support-ticket"
ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")


def digest(version: int) -> str:
    return f"{version:064x}"


def released(*kinds: tuple[ReleaseKind, int]) -> list[Release]:
    """A history of releases, oldest first, as the ledger keeps it."""
    releases: list[Release] = []
    head = Head(PROMPT, chain=GENESIS)
    for number, (kind, version) in enumerate(kinds, 1):
        following = next_release(
            head,
            version=version,
            sha256=digest(version),
            kind=kind,
            actor=ALICE,
            reason="better answers",
            at=f"2026-03-01T10:00:{number:02d}.000000Z",
            op_id=f"operation-{number}",
        )
        releases.append(following)
        head = following.head()
    return releases


RELEASES = released(("promote", 1), ("promote", 2), ("rollback", 1))


def found(releases: list[Release] = RELEASES, **changes: Any) -> Found:
    values = [release.head().pointer().to_text() for release in releases]
    made = Found(
        environment="dev",
        prompt_id=PROMPT,
        head=releases[-1].head(),
        releases=releases,
        operations={release.op_id: release.revision for release in releases},
        pointer=values[-1],
        pointer_values=values,
        versions={1: digest(1), 2: digest(2), 3: digest(3)},
        records=frozenset({1, 2}),
    )
    return replace(made, **changes)


def told(number: int, /, verb: str = "promote", client: str = "one", **more: Any) -> Operation:
    """The operation that made revision `number`, asked for at 10 times its number and answered 5 later."""
    release = RELEASES[number - 1]
    fields: dict[str, Any] = {
        "client": client,
        "number": number,
        "verb": verb,
        "environment": "dev",
        "prompt_id": PROMPT,
        "invoked": number * 10,
        "answered": number * 10 + 5,
        "outcome": "done",
        "op_id": "" if verb == "resolve" else release.op_id,
        "version": release.version,
        "revision": release.revision,
        "sha256": release.sha256,
    }
    return Operation(**{**fields, **more})


HISTORY = [told(1), told(2), told(3)]


def test_a_history_without_fault_has_no_violation():
    reads = [
        told(number, "resolve", invoked=100 + number, answered=200, number=10 + number)
        for number in (1, 2, 3)
    ]
    published = told(1, "publish", op_id="", revision=0, number=20)
    refused = told(1, outcome="refused", op_id="never-made", number=21)
    unknown = told(1, outcome="unknown", op_id="never-answered", number=22)

    assert violations([*HISTORY, *reads, published, refused, unknown], [found()]) == []


def one_changed(position: int, **changes: Any) -> list[Release]:
    releases = list(RELEASES)
    releases[position] = replace(releases[position], **changes)
    return releases


PLANTED_IN_AWS = {
    "a release row is lost": (found(RELEASES[:1] + RELEASES[2:]), "revisions are [1, 3]"),
    "the last release row is lost": (
        found(head=RELEASES[2].head(), releases=RELEASES[:2]),
        "the head is",
    ),
    "a revision is given twice": (found([*RELEASES[:2], replace(RELEASES[2], revision=2)]), "revisions are"),
    "a row was changed": (found(one_changed(1, reason="another")), "the chain breaks at revision 2"),
    "a row was replaced by a sealed one": (
        found(
            [RELEASES[0], replace(RELEASES[1], reason="another").sealed(), RELEASES[2]],
        ),
        "the chain breaks at revision 3",
    ),
    "nobody did it": (found(one_changed(0, actor=Actor("iam", ""))), "lacks actor"),
    "bytes nobody published": (found(versions={1: digest(1), 2: digest(9)}), "a digest nobody published"),
    "another version was left": (found(one_changed(2, from_version=1)), "says it left v1, not v2"),
    "an operation row is lost": (found(operations={"operation-1": 1}), "operation rows and releases differ"),
    "an operation row without release": (
        found(operations={f"operation-{number}": number for number in (1, 2, 3, 4)}),
        "operation rows and releases differ",
    ),
    "one operation made two releases": (
        found(one_changed(2, op_id="operation-2")),
        "one operation made two releases",
    ),
    "the pointer lags": (found(pointer=RELEASES[1].head().pointer().to_text()), "the pointer is"),
    "there is no pointer": (found(pointer=None), "the pointer is None"),
    "the pointer named what was never released": (
        found(pointer_values=[Pointer(3, 4, digest(3)).to_text()]),
        "which no release made",
    ),
    "a release without its record": (
        found(records=frozenset({1})),
        "v2 was released and has no release record",
    ),
}
PLANTED_IN_HISTORY = {
    "an acknowledged release is not there": (
        told(3, revision=4, op_id="operation-4"),
        "there is no such release",
    ),
    "an acknowledged release is of another version": (told(2, version=3), "it is of v2"),
    "an acknowledged release is somebody else's": (told(2, op_id="mine"), "which operation-2 made"),
    "a published version is not there": (
        told(1, "publish", op_id="", version=9),
        "was told v9, which is not registered",
    ),
    "a published version has other bytes": (
        told(1, "publish", op_id="", sha256=digest(8)),
        "not registered with these bytes",
    ),
    "an acknowledged release came later and has the lower revision": (
        told(1, invoked=50, answered=60),
        "ended before operation-1 began and has the higher revision",
    ),
    "other bytes were served": (told(1, "resolve", sha256=digest(7), answered=99), "was served other bytes"),
    "what is no release was served": (
        told(1, "resolve", revision=9, answered=99),
        "there is no such release",
    ),
    "something was served before it was asked for": (
        told(3, "resolve", invoked=1, answered=2),
        "was served revision 3 before it was asked for",
    ),
}


@pytest.mark.parametrize("planted", PLANTED_IN_AWS)
def test_a_broken_promise_in_what_aws_holds_is_found(planted):
    place, words = PLANTED_IN_AWS[planted]

    assert any(words in violation for violation in violations([], [place])), violations([], [place])


@pytest.mark.parametrize("planted", PLANTED_IN_HISTORY)
def test_a_broken_promise_to_a_client_is_found(planted):
    operation, words = PLANTED_IN_HISTORY[planted]
    others = [one for one in HISTORY if one.op_id != operation.op_id]

    problems = violations([*others, operation], [found()])

    assert any(words in violation for violation in problems), problems


def test_a_client_that_goes_back_is_found_and_another_client_may_lag():
    def read(number: int, revision: int, client: str) -> Operation:
        return told(revision, "resolve", client, number=number, invoked=100, answered=200)

    assert violations([*HISTORY, read(10, 2, "two"), read(11, 1, "three")], [found()]) == []
    assert violations([*HISTORY, read(10, 2, "two"), read(11, 1, "two")], [found()]) == [
        f"dev/{PROMPT}: two was served revision 1 after 2"
    ]


def test_a_refusal_that_released_all_the_same_is_found_unless_another_attempt_may_have():
    refused = told(2, outcome="refused")
    lost = told(2, outcome="unknown", client="two")

    assert violations([told(1), refused, told(3)], [found()]) == [
        f"dev/{PROMPT}: operation-2 was refused and made a release"
    ]
    assert violations([told(1), refused, lost, told(3)], [found()]) == []


def test_two_results_of_one_operation_are_found():
    twice = told(3, op_id="operation-2", client="two")

    assert "operation-2 had several results" in violations([*HISTORY, twice], [found()])[-1]


def test_a_journal_survives_the_death_of_its_writer(tmp_path):
    """An invocation without answer counts as unknown, and a line that was cut off as nothing."""
    asked = told(1, answered=2**63, outcome="unknown")
    lines = [json.dumps(asdict(one)) for one in (asked, told(1), told(2, outcome="unknown"), told(3))]
    path = tmp_path / "one.jsonl"
    path.write_text("\n".join(lines)[:-20])

    assert [(one.number, one.outcome) for one in read_journal(path)] == [(1, "done"), (2, "unknown")]
