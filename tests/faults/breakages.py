"""The product broken on purpose, one promise at a time: whoever checks it must see each of these."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.approval import Approval
from promptops.domain.artifact import Artifact
from promptops.domain.errors import EndpointDown
from promptops.domain.ledger import Release
from promptops.domain.release_rules import check_not_revoked
from promptops.domain.rendering import CompiledPrompt
from promptops.repair import Repairs
from promptops.stages import promote as promote_stage
from promptops.stages import resolve as resolve_stage
from promptops.stages.archive import Archiver
from promptops.stages.promote import Promotion
from promptops.stages.resolve import Resolver
from tests.unit.fakes import FakeArtifacts
from tests.unit.fakes_release import FakeLedger, FakeReleaseRecords

Patch = pytest.MonkeyPatch
Broken = Callable[[Patch], None]


def no_compare_and_set(patch: Patch) -> None:
    """A release goes onto the ledger whatever its head became meanwhile."""
    real = FakeLedger.commit

    def commit(ledger: FakeLedger, commit: Any) -> Release:
        return real(ledger, replace(commit, expected_head=ledger.head(commit.release.prompt_id)))

    patch.setattr(FakeLedger, "commit", commit)


def a_pointer_before_its_commit(patch: Patch) -> None:
    """The pointer is written first, and the ledger if that went well."""
    real = FakeLedger.commit

    def promote(promotion: Promotion, request_id: str) -> Any:
        home = promotion.ledgers[request_id.rpartition("-")[0]]
        asked = home.request(request_id)
        head = promotion.ledgers[promotion.environment].head(asked.prompt_id)
        early = replace(head, revision=head.revision + 1, version=asked.version, sha256=asked.sha256)
        promotion.pointers.write(asked.prompt_id, early.pointer().to_text())
        return real_promote(promotion, request_id)

    real_promote = Promotion.promote
    patch.setattr(Promotion, "promote", promote)
    patch.setattr(FakeLedger, "commit", real)


def an_unsigned_row(patch: Patch) -> None:
    """A release is stored without its chain."""
    real = FakeLedger.commit

    def commit(ledger: FakeLedger, commit: Any) -> Release:
        return real(ledger, replace(commit, release=replace(commit.release, chain="0" * 64)))

    patch.setattr(FakeLedger, "commit", commit)


def no_operation_row(patch: Patch) -> None:
    """Nothing remembers that an operation was done."""
    patch.setattr(FakeLedger, "release_of_operation", lambda ledger, op_id: None)


def any_request_fits_an_operation(patch: Patch) -> None:
    """A known op_id answers to whatever it is sent with."""
    for module in ("promptops.stages.rollback", "promptops.stages.retire", "tests.unit.fakes_release"):
        patch.setattr(f"{module}.check_same_operation", lambda done, asked: None)


def reconcile_only_looks(patch: Patch) -> None:
    """A pointer that is wrong stays as it is."""
    patch.setattr(Repairs, "_put_back", lambda *args, **kwargs: None)


def reconcile_leaves_revoked_versions(patch: Patch) -> None:
    """A version that was revoked stays live where it was."""
    patch.setattr("promptops.stages.reconcile._Pass._revoked", lambda one: {})


def nothing_is_archived(patch: Patch) -> None:
    """No copy of any row is made."""
    patch.setattr(Archiver, "copy", lambda archiver, heads, *rest: [])


def projected_says_who_did_not_look(patch: Patch) -> None:
    """A pointer that could not be written is said to follow."""
    patch.setattr("promptops.projection.project", lambda *args, **kwargs: None)


def any_verdict_is_evidence(patch: Patch) -> None:
    """A report need not have passed, nor be of these bytes."""
    patch.setattr(promote_stage, "check_evidence", lambda record, report, demands: report)


def no_order_between_environments(patch: Patch) -> None:
    """A version may go to prod first."""
    patch.setattr("promptops.stages.request.way_to", lambda environment, ref, ledgers: (environment,))
    patch.setattr(FakeLedger, "was_released", lambda ledger, ref: True)


def nobody_is_asked(patch: Patch) -> None:
    """High risk needs no approval."""
    patch.setattr(promote_stage, "needs_approval", lambda *args, **kwargs: False)


def anybody_decides(patch: Patch) -> None:
    """Requester and author may decide about their own change."""

    def decider(approval: Approval, actor: Any, people: Any, now: str) -> Any:
        return people.of(actor)

    patch.setattr(Approval, "decider", decider)


def approvals_are_never_used_up(patch: Patch) -> None:
    """One approval is good for many releases."""
    real = FakeLedger.commit

    def commit(ledger: FakeLedger, commit: Any) -> Release:
        done = real(ledger, commit)
        if commit.approval:
            ledger.approvals[commit.approval.approval_id] = commit.approval
        return done

    patch.setattr(FakeLedger, "commit", commit)


def other_bytes_are_served(patch: Patch) -> None:
    """Whatever lies in the bucket is used, without a look at its digest."""
    changed: Callable[..., Artifact] = Artifact.from_bytes

    def from_bytes(content: bytes, expected_sha256: str) -> Artifact:
        artifact = changed(content, expected_sha256)
        return replace(artifact, parameters={"temperature": 1})

    patch.setattr(Artifact, "from_bytes", from_bytes)


def clients_believe_any_revision(patch: Patch) -> None:
    """A client follows a pointer back to an older revision."""
    real = Resolver._look

    def look(resolver: Resolver, prompt_id: str, known: Any) -> Any:
        resolver._gone.clear()
        return real(resolver, prompt_id, None)

    patch.setattr(Resolver, "_look", look)


def clients_forget_withdrawals(patch: Patch) -> None:
    """A client that was told of a withdrawal believes an older pointer again."""
    real = Resolver._look

    def look(resolver: Resolver, prompt_id: str, known: Any) -> Any:
        resolver._gone.clear()
        return real(resolver, prompt_id, known)

    patch.setattr(Resolver, "_look", look)


def clients_serve_what_was_withdrawn(patch: Patch) -> None:
    """The state in a pointer means nothing to a client."""
    patch.setattr(resolve_stage, "_check_state", lambda prompt_id, pointer: None)


def absence_is_a_command(patch: Patch) -> None:
    """A client drops what it has when a look fails."""
    real = Resolver._refresh

    def refresh(resolver: Resolver, prompt_id: str, known: Any) -> Any:
        return real(resolver, prompt_id, None)

    patch.setattr(Resolver, "_refresh", refresh)


def clients_never_look_again(patch: Patch) -> None:
    """What a client has once, it keeps."""
    real = Resolver.resolve

    def resolve(resolver: Resolver, prompt_id: str) -> Any:
        known = resolver._known.get(prompt_id)
        return resolver._answer(prompt_id, known, "memory") if known else real(resolver, prompt_id)

    patch.setattr(Resolver, "resolve", resolve)


def a_typed_version_needs_no_record(patch: Patch) -> None:
    """A bare pointer to a version that was never released is taken for one that was."""
    real = FakeReleaseRecords.read

    def read(records: FakeReleaseRecords, prompt_id: str, version: int) -> Release | None:
        found = real(records, prompt_id, version)
        first = next(iter(records.stored.values()), None)
        return found or (replace(first, version=version).sealed() if first else None)

    patch.setattr(FakeReleaseRecords, "read", read)


def renderings_are_remembered(patch: Patch) -> None:
    """The first caller's messages are given to every later one."""
    real, kept = CompiledPrompt.render, {}

    def render(prompt: CompiledPrompt, values: Mapping[str, object]) -> Any:
        return kept.setdefault(prompt.artifact.digest(), real(prompt, values))

    patch.setattr(CompiledPrompt, "render", render)


def variables_are_logged(patch: Patch) -> None:
    """What an application fills in is written to the log."""
    real = CompiledPrompt.render

    def render(prompt: CompiledPrompt, values: Mapping[str, object]) -> Any:
        logging.getLogger("promptops.domain.rendering").warning("rendering %s", values)
        return real(prompt, values)

    patch.setattr(CompiledPrompt, "render", render)


def a_freeze_holds_nobody(patch: Patch) -> None:
    """A freeze is kept in its log and read by nobody who releases."""
    patch.setattr(promote_stage, "check_not_frozen", lambda *args: None)
    real = FakeLedger.commit

    def commit(ledger: FakeLedger, commit: Any) -> Release:
        log, ledger.log = ledger.log, []
        try:
            return real(ledger, commit)
        finally:
            ledger.log = log

    patch.setattr(FakeLedger, "commit", commit)
    patch.setattr("promptops.stages.request.check_not_frozen", lambda *args: None)


def revoked_versions_are_released(patch: Patch) -> None:
    """Nobody who releases asks whether a version is revoked."""
    for module in (
        "promptops.domain.release_rules",
        "promptops.stages.request",
        "promptops.fallback",
        "tests.unit.fakes_release",
    ):
        patch.setattr(f"{module}.check_not_revoked", lambda record: None)


def a_rollback_needs_s3(patch: Patch) -> None:
    """Bytes that cannot be read stop whoever goes back to them."""

    def check(record: Any, artifacts: Any) -> None:
        check_not_revoked(record)
        artifacts.load(record)

    patch.setattr("promptops.fallback._check_servable", check)


def a_version_is_replaced_in_place(patch: Patch) -> None:
    """Publishing other content takes the newest number again."""
    real = FakeArtifacts.create

    def create(artifacts: FakeArtifacts, ref: Any, content: bytes) -> str | None:
        artifacts.objects.pop(ref, None)
        return real(artifacts, ref, content)

    def commit(registry: Any, record: Any, *, after: Any) -> bool:
        ref = replace(record.ref, version=after.latest) if after else record.ref
        registry.rows[ref] = replace(record, ref=ref)
        return True

    patch.setattr(FakeArtifacts, "create", create)
    patch.setattr("tests.unit.fakes.FakeRegistry.commit", commit)


def a_refusal_has_an_effect(patch: Patch) -> None:
    """A rollback that says no has released all the same."""
    real = FakeLedger.commit

    def commit(ledger: FakeLedger, commit: Any) -> Release:
        done = real(ledger, commit)
        if done.kind == "rollback":
            raise EndpointDown("DynamoDB does not answer")
        return done

    patch.setattr(FakeLedger, "commit", commit)


#: Each with the invariants of the machine one of which must see it.
BREAKAGES: dict[Broken, tuple[str, ...]] = {
    no_compare_and_set: ("every_prompt_has_one_head", "every_release_is_an_audit_row"),
    a_pointer_before_its_commit: ("our_code_writes_no_pointer",),
    an_unsigned_row: ("every_release_is_an_audit_row",),
    no_operation_row: ("every_release_is_an_audit_row", "the_same_operation_again"),
    any_request_fits_an_operation: ("the_same_operation_again",),
    reconcile_only_looks: ("a_quiet_pass_puts_everything_right",),
    reconcile_leaves_revoked_versions: ("a_quiet_pass_puts_everything_right",),
    nothing_is_archived: ("a_quiet_pass_puts_everything_right",),
    projected_says_who_did_not_look: ("whoever_is_told_that_the_pointer_follows",),
    any_verdict_is_evidence: ("no_version_is_promoted_without",),
    no_order_between_environments: ("no_version_is_promoted_without",),
    nobody_is_asked: ("no_version_is_promoted_without",),
    anybody_decides: ("no_version_is_promoted_without",),
    approvals_are_never_used_up: ("no_version_is_promoted_without", "an_approval_is_used_once"),
    other_bytes_are_served: ("served_bytes_are_those",),
    clients_believe_any_revision: ("no_client_goes_back",),
    clients_forget_withdrawals: ("no_client_goes_back",),
    clients_serve_what_was_withdrawn: ("served_bytes_are_those", "what_is_live_reaches"),
    absence_is_a_command: ("whoever_was_served_once",),
    clients_never_look_again: ("what_is_live_reaches", "a_revoked_version_leaves_service"),
    a_typed_version_needs_no_record: ("served_bytes_are_those", "a_quiet_pass"),
    renderings_are_remembered: ("served_bytes_are_those",),
    variables_are_logged: ("no_variable_is_kept",),
    a_freeze_holds_nobody: ("a_freeze_stops_promotions",),
    revoked_versions_are_released: ("nothing_revoked_is_released",),
    a_rollback_needs_s3: ("go_back_in_an_emergency",),
    a_version_is_replaced_in_place: ("a_published_version_never_changes",),
    a_refusal_has_an_effect: ("a_refused_command_changes_nothing", "go_back_in_an_emergency"),
}
