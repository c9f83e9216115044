"""The archive alone gives back what registry and ledgers held, or says where it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from promptops.contract import names
from promptops.domain.identifiers import PromptRef
from promptops.domain.restored import Restored
from promptops.stages.restore import rebuild, without_copy
from tests.unit.audit_world import AuditWorld, FakeReportFinder
from tests.unit.release_world import CAROL, PROMPT


@pytest.fixture
def world() -> AuditWorld:
    """A high-risk release that was approved, a rollback, a freeze, a revocation; all of it archived."""
    world = AuditWorld()
    world.release(world.publish(1, risk="high"), to="prod")
    world.release(world.publish(2), to="prod")
    world.roll_back(environment="prod")
    world.freeze("prod", "audit week")
    world.revoke(PromptRef(PROMPT, 2))
    world.publish(3)
    world.archive_all()
    return world


def rebuilt(world: AuditWorld) -> Restored:
    return rebuild(
        world.ledgers.names,
        archive=world.archive,
        reports=FakeReportFinder(world.reports),
        check_artifact=world.artifacts.load,
    )


def change(world: AuditWorld, key: str, part: str, **fields: Any) -> None:
    copy: Any = world.archive.objects[key]
    world.archive.objects[key] = {**copy, part: {**copy[part], **fields}}


def test_every_version_comes_back_with_its_evidence_and_its_mark(world: AuditWorld):
    (prompt,) = rebuilt(world).prompts

    assert list(prompt.records) == world.registry.versions(PROMPT)[::-1]
    assert prompt.records[0].evidence
    assert prompt.records[1].revoked_reason == "it insults customers"
    assert list(prompt.revocations) == world.registry.log[PROMPT]


def test_every_ledger_comes_back_with_used_approvals_and_freezes(world: AuditWorld):
    found = rebuilt(world)

    assert [ledger.environment for ledger in found.ledgers] == ["dev", "staging", "prod"]
    for ledger in found.ledgers:
        lived = world.ledgers[ledger.environment]
        assert {PROMPT: list(ledger.releases[PROMPT])} == lived.history
        assert list(ledger.approvals) == list(lived.approvals.values())
        assert list(ledger.freezes) == lived.log
    assert found.ledgers[-1].approvals[0].decided_by
    assert found.findings == ()


def test_the_newest_report_is_the_evidence(world: AuditWorld):
    newest = world.evaluate(world.registry.rows[PromptRef(PROMPT, 1)])

    (prompt,) = rebuilt(world).prompts

    assert prompt.records[0].evidence == newest


def test_an_approval_that_no_release_used_does_not_come_back():
    world = AuditWorld()
    world.release(world.publish(1, risk="high"), to="prod")
    record = world.publish(2, risk="high")
    world.release(record, to="staging")
    world.approve(world.requested(record.ref, to="prod"), "prod")
    world.archive_all()

    assert len(world.ledgers["prod"].approvals) == 2
    assert len(rebuilt(world).ledgers[-1].approvals) == 1


@pytest.mark.parametrize(
    ("key", "part", "fields", "row"),
    [
        (names.archived_release_key("prod", PROMPT, 2), "release", {"reason": "x"}, "archived revision 2"),
        (names.archived_release_key("prod", PROMPT, 2), "release", {"revision": 3}, "archived revision 2"),
        (names.archived_freeze_key("prod", 1), "restriction", {"reason": "x"}, "freeze 1"),
        (names.archived_revocation_key(PROMPT, 1), "restriction", {"actor": CAROL.to_dict()}, ""),
        (names.archived_revocation_key(PROMPT, 1), "restriction", {"version": 3}, "revocation 1"),
        (names.archived_version_key(PROMPT, 2), "version", {"sha256": "f" * 64}, "v2"),
        (names.archived_version_key(PROMPT, 2), "version", {"surprise": True}, "v2"),
    ],
)
def test_a_copy_that_is_not_what_was_archived_is_named(
    world: AuditWorld, key: str, part: str, fields: dict[str, Any], row: str
):
    change(world, key, part, **fields)

    assert [finding.row for finding in rebuilt(world).findings][:1] == ([row] if row else [])


def test_a_copy_that_is_gone_is_named(world: AuditWorld):
    del world.archive.objects[names.archived_release_key("prod", PROMPT, 1)]

    (finding,) = rebuilt(world).findings

    assert str(finding) == "prod support-ticket archived revision 1 has no row, should have a release"


@pytest.mark.parametrize("fault", ["missing", "changed"])
def test_an_artifact_that_is_not_what_was_registered_is_named(world: AuditWorld, fault: str):
    world.spoil(PromptRef(PROMPT, 2), fault)

    (finding,) = rebuilt(world).findings

    assert (finding.row, finding.should) == ("v2", "the bytes it registered")


def test_an_empty_archive_gives_back_nothing_and_finds_nothing():
    found = rebuilt(AuditWorld())

    assert (found.prompts, found.findings) == ((), ())
    assert [dict(ledger.releases) for ledger in found.ledgers] == [{}, {}, {}]


def lacking(world: AuditWorld) -> tuple[list[str], list[str]]:
    """Findings and remarks about rows without a copy."""
    lost, late = without_copy(rebuilt(world), world.versions, world.trails, world.clock.now())
    return [f"{finding.log} {finding.environment}" for finding in lost], [remark.text for remark in late]


def test_tables_that_are_archived_lack_nothing_in_the_archive(world: AuditWorld):
    world.clock.pass_hours(1)

    assert lacking(world) == ([], [])


def test_every_row_that_the_archive_could_not_give_back_is_found(world: AuditWorld):
    world.forget_archive()
    world.clock.pass_hours(1)

    lost, late = lacking(world)

    assert lost == [
        *["versions "] * 3,
        "revocations ",
        *["releases dev"] * 2,
        *["releases staging"] * 2,
        *["releases prod"] * 3,
        "freezes prod",
    ]
    assert late == []


def test_what_was_written_a_moment_ago_may_lack_its_copy(world: AuditWorld):
    world.clock.pass_hours(1)
    world.release(world.publish(4), to="dev")

    assert lacking(world) == ([], ["1 version not archived yet", "1 release not archived yet"])


def test_a_row_whose_copy_is_bad_has_one(world: AuditWorld):
    change(world, names.archived_release_key("prod", PROMPT, 2), "release", reason="x")
    world.spoil(PromptRef(PROMPT, 2), "missing")
    world.clock.pass_hours(1)

    assert lacking(world) == ([], [])
