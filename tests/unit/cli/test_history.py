"""history: the audit record of one prompt, in one environment or in all."""

from __future__ import annotations

import pytest

from promptops.domain.identifiers import PromptRef
from tests.unit.cli.stack import Stack
from tests.unit.release_world import PROMPT


def shown(stack: Stack, *arguments: str) -> list[str]:
    result = stack.run("history", PROMPT, *arguments)
    assert result.exit_code == 0
    return result.stdout.splitlines()[1:]


def test_all_environments_are_merged_newest_first(stack: Stack) -> None:
    stack.world.released(1, to="staging")
    stack.world.released(2, to="dev")

    rows = [row.split() for row in shown(stack)]

    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("dev", "2", "promote"),
        ("staging", "1", "promote"),
        ("dev", "1", "promote"),
    ]
    assert rows[0][5:8] == ["v1", "→", "v2"]


def test_where_columns_find_no_room_each_release_is_a_block_of_lines(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.world.released(1, 2, to="dev")
    monkeypatch.setenv("COLUMNS", "80")

    newest, oldest = stack.run("history", PROMPT, "--env", "dev").stdout.split("\n\n")

    assert newest.splitlines()[0].split() == ["REVISION", "2"]
    assert [line.split()[0] for line in oldest.splitlines()][:3] == ["REVISION", "AT", "KIND"]
    (release,) = stack.world.ledgers["dev"].releases(PROMPT, 1)
    assert f"REQUEST   {release.request_id}\n" in newest + "\n"


def test_freezes_and_revocations_stand_between_the_releases(stack: Stack) -> None:
    record = stack.world.publish(1)
    stack.world.release(record, to="dev")
    stack.world.freeze("dev", "audit week")
    stack.world.revoke(record.ref)

    revoked, frozen, _ = shown(stack)
    document = stack.document("history", PROMPT)

    assert (revoked.split()[0], revoked.split()[3:5]) == ("all", ["revoke", "v1"])
    assert (frozen.split()[0], frozen.split()[3]) == ("dev", "freeze")
    assert [entry["kind"] for entry in document["restrictions"]] == ["revoke", "freeze"]
    assert [release["environment"] for release in document["releases"]] == ["dev"]


def test_a_release_shows_its_evidence_its_approver_and_its_request(stack: Stack) -> None:
    stack.world.release(stack.world.publish(1, risk="high"), to="prod")
    (release,) = stack.world.ledgers["prod"].releases(PROMPT)

    (row,) = shown(stack, "--env", "prod")

    assert row.split()[-3:] == [release.report_sha256[:12], "Bob", release.request_id]


def test_a_release_that_takes_its_version_out_of_service_shows_it_once(stack: Stack) -> None:
    record = stack.world.publish(1)
    stack.world.release(record, to="dev")
    stack.world.revoke(record.ref)
    stack.world.reconcile("dev")

    rows = shown(stack, "--env", "dev")

    assert next(row for row in rows if " revoke " in row and row[0] == "2").split()[3:5] == ["revoke", "v1"]


def test_only_the_newest_releases_are_listed_and_what_stands_between_them(stack: Stack) -> None:
    stack.world.released(1, to="dev")
    stack.world.revoke(PromptRef(PROMPT, 1))
    stack.world.released(2, 3, to="dev")
    stack.world.freeze("dev", "audit week")

    document = stack.document("history", PROMPT, "--limit", "2")

    assert len(shown(stack, "--limit", "2")) == 3
    assert [release["version"] for release in document["releases"]] == [3, 2]
    assert [entry["kind"] for entry in document["restrictions"]] == ["freeze"]
