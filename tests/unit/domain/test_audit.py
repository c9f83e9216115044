"""What an audit calls a fault, and what not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.domain.audit import brief, differences, first_bad_entry, is_before
from promptops.domain.audit_pointer import Written, pointer_findings
from promptops.domain.audit_releases import ReleasedVersion, ReleaseLog, head_problems, row_problems
from promptops.domain.drift import Drift
from promptops.domain.ledger import Head, Release, next_release
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer
from promptops.domain.restriction import Restriction, next_restriction

ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")
SHA, OTHER = "a" * 64, "b" * 64
PROMPT = "support-ticket"


def releases(*versions: int) -> dict[int, Release | None]:
    made: dict[int, Release | None] = {}
    head = Head(PROMPT)
    for number, version in enumerate(versions, start=1):
        release = next_release(
            head, version=version, sha256=SHA, kind="promote", actor=ALICE, reason="better",
            at=f"2026-03-01T10:0{number}:00.000000Z", op_id=f"op-{number}",
        )  # fmt: skip
        made[number], head = release, release.head()
    return made


def log_of(rows: dict[int, Release | None], **changes: object) -> ReleaseLog:
    """A log in which everything fits these rows."""
    known = [row for row in rows.values() if row]
    whole = ReleaseLog(
        environment="dev",
        prompt_id=PROMPT,
        head=known[-1].head(),
        releases=rows,
        versions={row.version: ReleasedVersion(row.sha256, row.revision) for row in known},
        operations={row.op_id: (PROMPT, row.revision) for row in known},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def freezes() -> dict[int, Restriction | None]:
    first = next_restriction(
        "prod", None, kind="freeze", actor=ALICE, reason="week", at="2026-03-01T10:00:00Z"
    )
    second = next_restriction(
        "prod", first, kind="unfreeze", actor=ALICE, reason="over", at="2026-03-02T10:00:00Z"
    )
    return {1: first, 2: second}


def bad_freezes(entries: dict[int, Restriction | None], copies: dict[int, object] | None = None) -> list[str]:
    found = first_bad_entry("freezes", entries, copies or {}, scope="prod", environment="prod")  # type: ignore[arg-type]
    return [str(finding) for finding in found]


def test_clocks_may_differ_by_a_moment_and_not_by_more():
    assert not is_before("2026-03-01T10:00:00.000000Z", "2026-03-01T10:00:01.900000Z")
    assert is_before("2026-03-01T10:00:00.000000Z", "2026-03-01T10:00:02.100000Z")


@pytest.mark.parametrize("at", ["", "yesterday", "2026-03-01T10:00:00"])
def test_what_is_no_moment_is_before_nothing_and_is_a_fault_of_its_row(at: str):
    rows = releases(1)
    row = rows[1]
    assert row
    changed: dict[int, Release | None] = {1: replace(row, at=at).sealed()}

    assert not is_before(at, "2026-03-01T10:00:00Z")
    assert [should for _, should in row_problems(log_of(changed), 1, {})] == ["a moment"]


def test_digests_are_shown_by_their_first_characters_and_texts_escaped():
    assert brief(SHA) == "a" * 12
    assert brief("line\nbreak") == r"'line\nbreak'"


def test_only_fields_that_differ_are_named():
    assert list(differences({"a": 1, "b": (1, 2)}, {"a": 2, "b": [1, 2]})) == [("a '1'", "a '2'")]


def test_a_right_log_has_no_problems():
    log = log_of(releases(1, 2, 1))

    assert [list(row_problems(log, revision, {})) for revision in (1, 2, 3)] == [[], [], []]
    assert list(head_problems(log)) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"reason": ""}, ("no reason", "one")),
        ({"actor": Actor("iam", "")}, ("no actor", "one")),
        ({"from_version": 7}, ("from_version 7", "1, of the row before")),
        ({"sha256": OTHER}, ("sha256 bbbbbbbbbbbb", "aaaaaaaaaaaa, of the row for v2")),
        ({"kind": "retire"}, ("retire of v2", "one of v1, which was live")),
        ({"kind": "revoke", "version": 1, "sha256": OTHER}, ("revoke of v1", "one of v1, which was live")),
        ({"kind": "adopt"}, ("adopt to v2", "a version that was promoted here before")),
        ({"op_id": ""}, ("no op_id", "one")),
        ({"at": "2026-02-01T10:00:00Z"}, None),
    ],
)
def test_one_wrong_field_of_a_row_is_the_only_problem(fields: dict[str, object], problem: tuple[str, str]):
    rows = releases(1, 2)
    right = log_of(rows)
    row = rows[2]
    assert row
    changed: dict[int, Release | None] = {**rows, 2: replace(row, **fields).sealed()}  # type: ignore[arg-type]

    (found,) = row_problems(replace(right, releases=changed), 2, {})

    assert problem is None or found == problem


def test_a_copy_of_another_environment_is_no_copy():
    rows = releases(1)
    row = rows[1]
    assert row
    copies = {1: {"environment": "prod", "release": row.to_dict(), "approval": None}}

    assert list(row_problems(log_of(rows), 1, copies)) == [("a copy of 'prod'", "one of dev")]


def test_a_row_that_says_a_version_was_released_which_never_was_is_found():
    versions = {1: ReleasedVersion(SHA, 1), 7: ReleasedVersion(SHA, 1)}

    assert list(head_problems(log_of(releases(1), versions=versions))) == [
        ("a row for v7 of revision 1", "none: it was never released")
    ]


def test_a_head_of_another_state_is_found():
    head = replace(log_of(releases(1)).head or Head(PROMPT), state="retired")

    assert list(head_problems(log_of(releases(1), head=head))) == [("state 'retired'", "state 'live'")]


def test_a_head_that_is_gone_is_found():
    assert list(head_problems(log_of(releases(1), head=None))) == [("no row", "revision 1")]


def test_a_log_of_freezes_is_right_or_its_first_bad_row_is_named():
    right = freezes()
    changed = replace(right[1], reason="another") if right[1] else None

    assert bad_freezes(right) == []
    assert bad_freezes({**right, 1: changed})[0].startswith("prod freeze 1 has chain ")
    assert bad_freezes({2: right[2]}) == ["prod freeze 1 has no row, should have one: there are later ones"]
    assert bad_freezes({**right, 1: None}) == ["prod freeze 1 has what cannot be read, should have an entry"]
    assert bad_freezes({1: right[2], 2: right[1]})[0] == "prod freeze 1 has prod 2, should have prod 1"
    assert bad_freezes({1: right[1]}, {2: {}}) == ["prod freeze 2 has no row, should have one, as archived"]


def written(*values: str) -> list[Written]:
    return [
        Written(number, value, "somebody", "2026-03-01T11:00:00Z") for number, value in enumerate(values, 1)
    ]


def test_only_a_value_that_nobody_answers_for_is_a_fault():
    log = log_of(releases(1, 2))
    right = [row.head().pointer().to_text() for row in log.rows]
    forged = Pointer(9, 9, OTHER).to_text()

    def found(*values: str, drifts: tuple[Drift, ...] = ()) -> list[str]:
        return [finding.row for finding in pointer_findings(log, {}, written(*values), drifts)[0]]

    assert found(*right, "v1") == []
    assert found(*right, "v9", forged) == ["pointer value 3"]
    assert found("{", *right) == ["pointer value 1"]
    assert found(right[0].replace(" ", ""), right[0].replace(":", ": ", 1)) == ["pointer value 2"]


def test_a_drift_from_before_a_value_was_written_does_not_answer_for_it():
    log = log_of(releases(1))
    late = Drift(PROMPT, "v9", "", "somebody", "refused", "2026-03-01T11:00:30Z")
    early = replace(late, at="2026-03-01T09:00:00Z")

    assert pointer_findings(log, {}, written("v9"), [late])[0] == []
    assert len(pointer_findings(log, {}, written("v9"), [early])[0]) == 1
    assert len(pointer_findings(log, {}, written("v9"), [replace(late, prompt_id="other")])[0]) == 1
