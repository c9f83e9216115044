"""audit verify: whatever was changed behind the line's back is named, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptops.contract import names
from promptops.domain.errors import AccessRefused, DigestMismatch, UnknownPrompt
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Release, next_release
from promptops.domain.pointer import Pointer
from promptops.domain.restriction import next_restriction
from tests.unit.audit_world import AuditWorld
from tests.unit.release_world import ALICE, BOB, CAROL, PROMPT

OTHER = "f" * 64


@pytest.fixture
def world() -> AuditWorld:
    """Three versions in dev, two of them in prod, rolled back and archived."""
    world = AuditWorld()
    for version in (1, 2):
        world.release(world.publish(version), to="prod")
    world.release(world.publish(3), to="dev")
    world.roll_back(environment="prod", op_id="back")
    world.archive_all()
    return world


def high_risk(*, archived: bool = True) -> AuditWorld:
    """A high-risk version that Alice asked for and Bob approved, in prod."""
    world = AuditWorld()
    world.release(world.publish(1, risk="high"), to="prod")
    if archived:
        world.archive_all()
    return world


def forge_approval(world: AuditWorld, **changes: object) -> None:
    trail = world.trails["prod"]
    approvals = {key: replace(found, **changes) for key, found in trail.true_log(PROMPT).approvals.items()}  # type: ignore[arg-type]
    trail.forge(approvals=approvals)


def test_what_the_line_did_is_clean(world: AuditWorld):
    audited = world.verify()

    assert [(part.environment, part.prompts, part.rows) for part in audited] == [
        ("", 1, 3),
        ("dev", 1, 3),
        ("staging", 1, 2),
        ("prod", 1, 3),
    ]
    assert world.found() == []
    assert world.remarks() == []


def test_every_kind_of_release_is_clean():
    world = high_risk()
    world.release(world.publish(2), to="prod")
    world.freeze("prod", "audit week")
    world.roll_back(environment="prod")
    world.revoke(PromptRef(PROMPT, 1))
    world.reconcile("prod")
    world.reconcile("dev")
    world.archive_all()

    assert {row.kind for row in world.ledgers["prod"].releases(PROMPT)} >= {"promote", "rollback", "revoke"}
    assert world.found() == []


def test_rows_that_are_not_archived_yet_are_a_remark_and_no_fault():
    world = high_risk(archived=False)

    assert world.found() == []
    assert "1 release not archived yet" in world.remarks()
    assert "1 version not archived yet" in world.remarks()


@pytest.mark.parametrize(
    ("archived", "hours", "found"),
    [
        (False, 0.2, []),
        (
            False,
            0.3,
            [
                "support-ticket v1 has no copy in the archive",
                "support-ticket revocation 1 has no copy in the archive",
                "dev support-ticket revision 1 has no copy in the archive",
                "staging support-ticket revision 1 has no copy in the archive",
                "prod support-ticket revision 1 has no copy in the archive",
                "prod freeze 1 has no copy in the archive",
            ],
        ),
        (True, 0.3, []),
    ],
)
def test_a_row_has_its_copy_after_a_quarter_of_an_hour(archived: bool, hours: float, found: list[str]):
    world = high_risk()
    world.freeze("prod", "audit week")
    world.revoke(PromptRef(PROMPT, 1))
    world.archive_all() if archived else world.forget_archive()
    world.clock.pass_hours(hours)

    lost = [text for text in world.found() if "archive" in text]

    assert lost == [f"{text}, should have one: it is older than 15 minutes" for text in found]
    assert bool([text for text in world.remarks() if "not archived yet" in text]) == (hours == 0.2)


def test_a_row_that_can_neither_be_read_nor_copied_is_found_at_once():
    world = high_risk(archived=False)
    trail = world.trails["prod"]
    trail.forge(releases={1: None})

    assert any("no copy in the archive" in found for found in world.found())


def record_of(world: AuditWorld, environment: str, version: int, **changes: object) -> None:
    """Another release record than was written, sealed as if it were one."""
    proofs = world.records[environment].stored
    release = replace(proofs[PROMPT, 1], version=version, **changes)  # type: ignore[arg-type]
    proofs[PROMPT, version] = release.sealed()


def test_a_release_record_without_a_promotion_is_named(world: AuditWorld):
    record_of(world, "prod", 3)

    assert world.found() == [
        "prod support-ticket release record v3 has a promote of v3, "
        "should have none: it was never promoted here"
    ]


def test_a_release_record_of_a_prompt_nobody_knows_is_named(world: AuditWorld):
    release = replace(world.records["prod"].stored[PROMPT, 1], prompt_id="never-heard-of").sealed()
    world.records["prod"].stored["never-heard-of", 1] = release

    assert [found.split(" has ")[0] for found in world.found()] == ["prod never-heard-of release record v1"]


def test_a_release_record_of_other_bytes_is_named(world: AuditWorld):
    record_of(world, "prod", 2, sha256=OTHER)
    promoted = world.registry.rows[PromptRef(PROMPT, 2)].sha256

    assert world.found() == [
        f"prod support-ticket release record v2 has sha256 {OTHER[:12]}, "
        f"should have {promoted[:12]}, as promoted"
    ]


@pytest.mark.parametrize("changes", [{"reason": "trust me"}, {"version": 3}, {"prompt_id": "another"}])
def test_a_release_record_that_is_not_what_was_written_is_named(
    world: AuditWorld, changes: dict[str, object]
):
    proofs = world.records["prod"].stored
    forged = replace(proofs[PROMPT, 2], **changes)  # type: ignore[arg-type]
    proofs[PROMPT, 2] = forged if "reason" in changes else forged.sealed()

    (found,) = world.found()

    assert found.startswith("prod support-ticket release record v2 has what is no record of it")


def test_a_promotion_has_its_release_record_after_a_quarter_of_an_hour(world: AuditWorld):
    del world.records["prod"].stored[PROMPT, 2]

    assert world.found() == []
    assert world.remarks() == ["1 release record not written yet"]
    world.clock.pass_hours(0.3)
    assert world.found() == [
        "prod support-ticket release record v2 has no object, "
        "should have one: its promotion is older than 15 minutes"
    ]


def test_a_release_record_answers_for_a_promotion_whose_row_is_gone(world: AuditWorld):
    del world.ledgers["prod"].history[PROMPT]

    assert not any("release record" in found for found in world.found())


def test_one_prompt_in_one_environment_can_be_asked_for(world: AuditWorld):
    world.release(world.publish(1, prompt_id="another-one"), to="dev")

    audited = world.verify("another-one", "dev")

    assert [(part.environment, part.prompts, part.rows) for part in audited] == [("", 1, 1), ("dev", 1, 1)]
    with pytest.raises(UnknownPrompt):
        world.verify("never-heard-of")


def test_a_changed_field_is_named(world: AuditWorld):
    world.forge_row("prod", 2, reason="nothing to see here")

    (copy, chain) = world.found()

    assert copy == (
        "prod support-ticket revision 2 has reason 'nothing to see here', "
        "should have reason 'better answers', as archived"
    )
    assert chain.endswith("the digest of what it holds")


def test_a_changed_field_that_is_not_archived_yet_breaks_its_chain():
    world = high_risk(archived=False)
    world.forge_row("prod", 1, reason="nothing to see here")

    (found,) = world.found()

    assert found.startswith("prod support-ticket revision 1 has chain ")


def test_a_changed_field_with_its_own_chain_recomputed_breaks_the_next_row(world: AuditWorld):
    world.forget_archive()
    world.forge_row("prod", 2, reseal=True, reason="nothing to see here")

    (found,) = world.found()

    assert found.startswith("prod support-ticket revision 3 has previous_chain ")


def test_the_last_row_changed_with_its_chain_recomputed_is_not_the_heads():
    world = high_risk(archived=False)
    world.forge_row("prod", 1, reseal=True, reason="nothing to see here")

    (found,) = world.found()

    assert found.startswith("prod support-ticket head has chain ")


def test_a_row_changed_with_all_later_chains_recomputed_is_caught_by_the_archive(world: AuditWorld):
    world.rewrite("prod", 1, reason="nothing to see here")

    reason, *_ = world.found()

    assert reason.startswith("prod support-ticket revision 1 has")
    assert any("as archived" in found for found in world.found())
    world.forget_archive()
    assert world.found() == []


def test_a_row_deleted_in_the_middle_is_named(world: AuditWorld):
    trail = world.trails["prod"]
    rows = dict(trail.true_log(PROMPT).releases)
    del rows[2]
    trail.forge(releases=rows)

    assert world.found() == [
        "prod support-ticket revision 2 has no row, should have one: promote of v2, as archived"
    ]


@pytest.mark.parametrize("archived", [True, False])
def test_a_deleted_last_row_is_named(archived: bool):
    world = high_risk(archived=archived)
    world.trails["prod"].forge(releases={})

    wanted = "promote of v1, as archived" if archived else "the head is at revision 1"
    assert world.found()[0] == f"prod support-ticket revision 1 has no row, should have one: {wanted}"


def test_a_last_row_deleted_with_the_head_set_back_is_caught_by_the_archive(world: AuditWorld):
    trail = world.trails["prod"]
    rows = dict(trail.true_log(PROMPT).releases)
    del rows[3]
    before = rows[2]
    assert before
    trail.forge(releases=rows, head=before.head())

    assert (
        "prod support-ticket revision 3 has no row, should have one: rollback of v1, as archived"
        in world.found()
    )


def test_a_log_deleted_as_a_whole_is_caught_by_the_archive(world: AuditWorld):
    del world.ledgers["prod"].history[PROMPT]

    assert [found for found in world.found() if "no row" in found] == [
        "prod support-ticket revision 1 has no row, should have one: promote of v1, as archived"
    ]


def test_reordered_rows_are_named(world: AuditWorld):
    trail = world.trails["prod"]
    rows = dict(trail.true_log(PROMPT).releases)
    trail.forge(releases={1: rows[1], 2: rows[3], 3: rows[2]})

    assert world.found() == [
        "prod support-ticket revision 2 has support-ticket revision 3, should have support-ticket revision 2"
    ]


def test_a_row_that_cannot_be_read_is_named(world: AuditWorld):
    trail = world.trails["prod"]
    trail.forge(releases={**trail.true_log(PROMPT).releases, 2: None})

    assert world.found() == ["prod support-ticket revision 2 has what cannot be read, should have a release"]


def test_a_time_before_the_row_before_is_named(world: AuditWorld):
    world.forget_archive()
    world.rewrite("prod", 3, at="2026-02-01T10:00:00.000000Z")

    found, *_ = world.found()

    assert found.startswith("prod support-ticket revision 3 has at 2026-02-01")


@pytest.mark.parametrize(
    ("gone", "holds"),
    [("operations", "an operation row that is not there"), ("versions", "no row for v1")],
)
def test_a_row_that_a_release_refers_to_is_missed(world: AuditWorld, gone: str, holds: str):
    world.trails["prod"].forge(**{gone: {}})

    assert f"prod support-ticket revision 1 has {holds}" in world.found()[0]


def test_a_lost_copy_below_the_watermark_is_named(world: AuditWorld):
    del world.archive.objects[names.archived_release_key("prod", PROMPT, 2)]

    assert world.found() == [
        "prod support-ticket revision 2 has no copy in the archive, should have one: archived to revision 3"
    ]


def test_a_copy_that_is_not_what_was_archived_is_named(world: AuditWorld, monkeypatch: pytest.MonkeyPatch):
    damaged = names.archived_release_key("prod", PROMPT, 2)
    whole = world.archive.read

    def read(key: str) -> object:
        if key == damaged:
            raise DigestMismatch(f"{key} is not what was archived")
        return whole(key)

    monkeypatch.setattr(world.archive, "read", read)

    assert world.found() == [
        "prod support-ticket revision 2 has a copy that cannot be read, should have one of this row"
    ]


def test_a_swapped_report_is_no_evidence(world: AuditWorld):
    report = world.reports.stored["evaluation-0"]
    world.reports.stored["evaluation-0"] = replace(report, finished_at="2026-01-01T00:00:00Z")

    dev, staging, prod = world.found()

    for found in (dev, staging, prod):
        assert "revision 1 has report_sha256" in found
        assert found.endswith("the digest of a report of support-ticket@v1")


def forged(world: AuditWorld, environment: str, version: int, **fields: object) -> None:
    """A release that nobody checked, with everything that a ledger writes beside it."""
    trail = world.trails[environment]
    log = trail.true_log(PROMPT)
    record = world.registry.rows[PromptRef(PROMPT, version)]
    head = world.ledgers[environment].head(PROMPT)
    release = next_release(
        head,
        **{
            "version": version,
            "sha256": record.sha256,
            "kind": "promote",
            "actor": ALICE,
            "reason": "trust me",
            "at": world.clock.now(),
            "op_id": "forged",
            **fields,
        },
    )
    world.ledgers[environment].history.setdefault(PROMPT, []).append(release)
    assert log.last({}) + 1 == release.revision


def test_a_forged_release_without_evidence_is_named(world: AuditWorld):
    forged(world, "dev", 2)

    assert world.found() == [
        "dev support-ticket revision 4 has no report_sha256, should have one: a promotion needs evidence"
    ]


def test_a_forged_release_with_evidence_of_another_version_is_named(world: AuditWorld):
    report = world.registry.rows[PromptRef(PROMPT, 1)].evidence
    assert report
    forged(world, "dev", 2, report_sha256=report.sha256)

    (found,) = world.found()

    assert found.endswith("should have a passing report of support-ticket@v2")


def test_a_promotion_that_skipped_an_environment_is_named(world: AuditWorld):
    evidence = world.registry.rows[PromptRef(PROMPT, 3)].evidence
    assert evidence
    forged(world, "prod", 3, report_sha256=evidence.sha256)

    assert world.found() == [
        "prod support-ticket revision 4 has v3 without a release in staging, should have one there before"
    ]


def test_a_promotion_from_before_the_one_below_it_is_named(world: AuditWorld):
    world.forget_archive()
    world.rewrite("prod", 1, at="2026-02-01T10:00:00.000000Z")

    found, *_ = world.found()

    assert found.startswith("prod support-ticket revision 1 has at 2026-02-01T10:00:00.000000Z, should have ")
    assert found.endswith("of its first release in staging")


def test_a_release_of_other_bytes_than_registered_is_named(world: AuditWorld):
    world.forget_archive()
    record = world.registry.rows[PromptRef(PROMPT, 3)]
    world.versions.forge(
        PROMPT, versions={**world.versions.log(PROMPT).versions, 3: replace(record, sha256=OTHER)}
    )
    world.artifacts.load = lambda record: None  # type: ignore[assignment, return-value, method-assign]

    first, *_ = world.found()

    assert first.startswith("dev support-ticket revision 3 has sha256 ")
    assert first.endswith(f"{OTHER[:12]}, as registered")


def test_an_approval_that_is_gone_is_named():
    world = high_risk(archived=False)
    world.trails["prod"].forge(approvals={})

    (found,) = world.found()

    assert found.startswith("prod support-ticket revision 1 has approval_id 'prod-")
    assert found.endswith("an approval that is there")


def test_a_family_that_does_not_know_its_newest_version_is_named(world: AuditWorld):
    world.versions.forge(PROMPT, latest=2)

    assert world.found() == ["support-ticket family has v2 as its newest version, should have v3"]


def test_a_lost_copy_of_a_version_below_the_watermark_is_named(world: AuditWorld):
    del world.archive.objects[names.archived_version_key(PROMPT, 2)]

    assert world.found() == ["support-ticket v2 has no copy in the archive, should have one: archived to v3"]


def test_a_version_that_is_published_while_the_audit_reads_is_no_fault(world: AuditWorld):
    half = replace(world.versions.true_log(PROMPT), latest=4)
    first = iter([half])
    whole = world.versions.log
    world.versions.log = lambda prompt_id: next(first, None) or whole(prompt_id)  # type: ignore[method-assign]

    assert world.found() == []


def test_a_rollback_to_what_was_never_released_is_named(world: AuditWorld):
    forged(world, "prod", 3, kind="rollback")

    assert world.found() == [
        "prod support-ticket revision 4 has rollback to v3, "
        "should have a version that was promoted here before"
    ]


def test_a_high_risk_release_without_approval_is_named():
    world = high_risk()
    record = world.publish(2, risk="high")
    evidence = world.evaluate(record)
    for environment in ("dev", "staging", "prod"):
        forged(world, environment, 2, report_sha256=evidence.sha256)

    assert world.found() == [
        "prod support-ticket revision 2 has no approval, should have one: it is high risk"
    ]


def test_a_lowered_risk_still_needs_its_approval():
    world = high_risk()
    evidence = world.evaluate(world.publish(2, risk="low"))
    for environment in ("dev", "staging", "prod"):
        forged(world, environment, 2, report_sha256=evidence.sha256)

    assert world.found() == [
        "prod support-ticket revision 2 has no approval, should have one: it is high risk"
    ]


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"decided_by": ALICE}, "an approval by Alice"),
        ({"decided_by": CAROL, "authors": ("carol@example.com",)}, "an approval by Carol"),
        ({"status": "REJECTED"}, "an approval that is REJECTED"),
        ({"consumed_by": "another-operation"}, "an approval used by 'another-operation'"),
        ({"requested_by": BOB}, "an approval asked for by bob@example.com"),
        ({"decided_at": "2027-01-01T00:00:00.000000Z"}, "an approval decided at 2027"),
    ],
)
def test_an_approval_that_does_not_allow_the_release_is_named(changes: dict[str, object], holds: str):
    world = high_risk(archived=False)
    forge_approval(world, **changes)

    found = world.found()

    assert found[0].startswith(f"prod support-ticket revision 1 has {holds}")


def test_an_approval_of_other_bytes_is_named():
    world = high_risk(archived=False)
    (approval,) = world.ledgers["prod"].approvals.values()
    forge_approval(world, subject=replace(approval.subject, sha256=OTHER))

    (found,) = world.found()

    assert found.startswith(f"prod support-ticket revision 1 has an approval of sha256 {OTHER[:12]}")


def test_an_approval_changed_after_it_was_archived_is_named():
    world = high_risk()
    forge_approval(world, comment="I never saw this")

    assert world.found() == [
        "prod support-ticket revision 1 has an approval with comment 'I never saw this', "
        "should have comment '', as archived"
    ]


def test_a_pointer_set_to_what_was_never_released_is_named_with_its_writer(world: AuditWorld):
    value = Pointer(9, 4, OTHER).to_text()
    world.pointers["prod"].write(PROMPT, value)

    (found,) = world.found()

    assert found == (
        f"prod support-ticket pointer value 4 has live v9 as revision 4, {OTHER[:12]}, written by "
        "arn:aws:sts::111122223333:assumed-role/promote/x at 2026-03-01T10:00:00Z, "
        "should have what a release wrote"
    )


def test_a_pointer_of_a_prompt_that_was_never_released_is_named():
    world = AuditWorld()
    world.publish(1)
    world.pointers["prod"].write(PROMPT, Pointer(1, 1, OTHER).to_text())

    assert [found.split(" has ")[0] for found in world.found()] == ["prod support-ticket pointer value 1"]


def test_a_pointer_of_a_prompt_that_nobody_published_is_named():
    world = AuditWorld()
    world.pointers["prod"].write(PROMPT, Pointer(1, 1, OTHER).to_text())

    assert [found.split(" has ")[0] for found in world.found(PROMPT)] == [
        "prod support-ticket pointer value 1"
    ]


def test_a_pointer_that_the_reconciler_refused_is_told_and_no_fault(world: AuditWorld):
    world.pointers["prod"].write(PROMPT, Pointer(9, 4, OTHER).to_text())
    world.reconcile("prod")
    world.archive_all()

    assert world.found() == []
    assert any("dealt with by the reconciler" in remark for remark in world.remarks())


def test_a_pointer_typed_in_an_emergency_is_no_fault(world: AuditWorld):
    world.pointers["prod"].write(PROMPT, "v2")
    world.reconcile("prod")
    world.archive_all()

    assert world.ledgers["prod"].head(PROMPT).version == 2
    assert world.found() == []


def test_a_pointer_that_lags_is_a_remark(world: AuditWorld):
    world.pointers["prod"].written.pop()

    assert world.found() == []
    assert any(remark.startswith("still projecting: the pointer is ") for remark in world.remarks())


def test_a_digest_changed_in_the_registry_and_in_the_bucket_together_is_caught_by_the_archive(
    world: AuditWorld,
):
    ref = PromptRef(PROMPT, 3)
    other = replace(world.artifacts.load(world.registry.rows[ref]), parameters={"temperature": 2})
    world.artifacts.objects[ref] = other.to_bytes()
    world.change(ref, sha256=other.digest())

    first, *others = world.found()

    assert first.startswith(f"support-ticket v3 has sha256 {other.digest()[:12]}, should have sha256 ")
    assert first.endswith("as archived")
    assert {found.split(" has ")[0] for found in others} == {"dev support-ticket revision 3"}


@pytest.mark.parametrize("fault", ["missing", "changed"])
def test_an_artifact_that_is_not_what_was_registered_is_named(world: AuditWorld, fault: str):
    world.spoil(PromptRef(PROMPT, 2), fault)

    (found,) = world.found()

    assert found.startswith("support-ticket v2 has an artifact of which holds: ")


def test_a_version_deleted_from_the_registry_is_named(world: AuditWorld):
    del world.registry.rows[PromptRef(PROMPT, 3)]

    assert world.found() == [
        "support-ticket v3 has no row, should have one, as archived",
        "dev support-ticket revision 3 has v3, should have a version that the registry has",
    ]


def test_freezes_are_checked_as_releases_are(world: AuditWorld):
    for kind in ("freeze", "unfreeze", "freeze"):
        ledger = world.ledgers["prod"]
        last = next(iter(ledger.restrictions(1)), None)
        ledger.restrict(
            next_restriction("prod", last, kind=kind, actor=CAROL, reason="week", at=world.clock.now())  # type: ignore[arg-type]
        )
    world.archive_all()
    assert world.found() == []

    world.ledgers["prod"].log[1] = replace(world.ledgers["prod"].log[1], kind="freeze").sealed()

    first, *_ = world.found()
    assert first.startswith("prod freeze 2 has ")


def test_a_freeze_that_is_logged_and_does_not_hold_is_named(world: AuditWorld):
    world.freeze("prod", "audit week")
    world.trails["prod"].freeze_row = (world.ledgers["prod"].log[0], False)

    assert world.found() == [
        "prod current freeze has freeze, releases let through, should have freeze 1 and what it says"
    ]


def test_a_revocation_taken_away_is_named(world: AuditWorld):
    world.revoke(PromptRef(PROMPT, 3))
    world.archive_all()
    world.change(PromptRef(PROMPT, 3), revoked_reason="")
    assert world.found() == [
        "support-ticket v3 has the mark revoked '', should have 'it insults customers', by the log"
    ]

    world.registry.log.clear()

    assert world.found()[0] == ("support-ticket revocation 1 has no row, should have one, as archived")


def test_a_revocation_that_is_not_listed_is_named(world: AuditWorld):
    world.revoke(PromptRef(PROMPT, 3))
    world.versions.forge(PROMPT, listed={})

    assert world.found() == ["support-ticket v3 has no row in the list of what holds, should have revoke"]


def test_what_may_not_be_read_ends_the_audit(world: AuditWorld):
    def refused(record: object) -> None:
        raise AccessRefused("s3:GetObject answered AccessDenied", action="s3:GetObject")

    with pytest.raises(AccessRefused, match="s3:GetObject"):
        replace(world.auditor(), check_artifact=refused).verify()


def test_a_release_that_is_committed_while_the_audit_reads_is_no_fault(world: AuditWorld):
    trail = world.trails["dev"]
    half = trail.true_log(PROMPT)
    world.release(world.publish(4), to="dev")
    first = iter([replace(half, head=world.ledgers["dev"].head(PROMPT))])
    whole = trail.log
    trail.log = lambda prompt_id, archived: next(first, None) or whole(prompt_id, archived)  # type: ignore[method-assign]

    assert world.found("", "dev") == []


def test_only_the_first_bad_row_of_a_log_is_named(world: AuditWorld):
    world.forge_row("prod", 1, op_id="")
    trail = world.trails["prod"]
    rows: dict[int, Release | None] = dict(trail.log(PROMPT, 0).releases)
    trail.forge(releases={**rows, 3: None})

    assert {finding.row for finding in world.verify()[-1].findings if finding.log == "releases"} == {
        "revision 1"
    }
