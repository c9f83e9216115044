"""Restore: registry and ledgers built again from the bucket alone, every chain checked on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from promptops.audit_ports import RegistryTrail, ReportFinder, Trail
from promptops.copies import Copies, Numbered
from promptops.domain.approval import Approval
from promptops.domain.audit import (
    NOTHING,
    Copy,
    Finding,
    Log,
    Problem,
    Remark,
    chain_problems,
    field_problems,
    findings,
    first_bad_entry,
)
from promptops.domain.audit_copies import Row, uncopied
from promptops.domain.audit_releases import release_of
from promptops.domain.errors import ArtifactMissing, DigestMismatch
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Release
from promptops.domain.report import Evidence
from promptops.domain.restored import Place, Restored, RestoredLedger, RestoredPrompt
from promptops.domain.restriction import Restriction
from promptops.domain.version import VersionRecord
from promptops.ports import Archive

#: Prompts looked at side by side.
WORKERS = 6


def rebuild(
    environments: Sequence[str],
    *,
    archive: Archive,
    reports: ReportFinder,
    check_artifact: Callable[[VersionRecord], object],
) -> Restored:
    """Everything that has a copy. Requests and approvals nobody used have none.

    `check_artifact` raises ArtifactMissing or DigestMismatch if a version's bytes are not what it registered.
    """
    copies = Copies(archive)
    bad: list[Finding] = []
    versions, revocations = copies.versions(), copies.revocations()
    prompts = [
        _prompt(name, versions.get(name, {}), revocations.get(name, {}), reports, check_artifact, bad)
        for name in sorted({*versions, *revocations})
    ]
    copied: dict[Place, Numbered] = {
        **{("versions", "", name): numbered for name, numbered in versions.items()},
        **{("revocations", "", name): numbered for name, numbered in revocations.items()},
    }
    ledgers = []
    for environment in environments:
        releases, freezes = copies.releases(environment), copies.freezes(environment)
        ledgers.append(_ledger(environment, releases, freezes, bad))
        copied |= {("releases", environment, name): numbered for name, numbered in releases.items()}
        copied["freezes", environment, ""] = freezes
    return Restored(tuple(prompts), tuple(ledgers), tuple(bad), copied)


def without_copy(
    found: Restored, registry: RegistryTrail, trails: Mapping[str, Trail], now: str
) -> tuple[list[Finding], list[Remark]]:
    """Rows of the tables that the archive could not give back; those it may still get are remarks.

    `now` is a moment before the archive was read.
    """
    logs: list[tuple[Place, Mapping[int, Row | None]]] = []
    known = {*registry.prompt_ids(), *(prompt.prompt_id for prompt in found.prompts)}
    with ThreadPoolExecutor(WORKERS) as workers:
        for registered in workers.map(registry.log, sorted(known)):
            logs.append((("versions", "", registered.prompt_id), registered.versions))
            logs.append((("revocations", "", registered.prompt_id), registered.revocations))
        for name, trail in trails.items():
            every = sorted({*known, *trail.prompt_ids()})
            for log in workers.map(partial(trail.log, archived=0), every):
                logs.append((("releases", name, log.prompt_id), log.releases))
            logs.append((("freezes", name, ""), trail.freezes()))
    lost, late = [], []
    for place, rows in logs:
        due, young = uncopied(*place, rows, found.copied.get(place, ()), now)
        lost += due
        late += young
    return lost, late


def _prompt(
    prompt_id: str,
    versions: Numbered,
    revocations: Numbered,
    reports: ReportFinder,
    check_artifact: Callable[[VersionRecord], object],
    bad: list[Finding],
) -> RestoredPrompt:
    entries = {sequence: _entry(copy) for sequence, copy in sorted(revocations.items())}
    bad += first_bad_entry("revocations", entries, {}, scope=prompt_id)
    log = tuple(entry for entry in entries.values() if entry)
    reasons = {entry.version: entry.reason if entry.in_force else "" for entry in log}
    records = []
    for version, copy in sorted(versions.items()):
        ref = PromptRef(prompt_id, version)
        record = _record(copy)
        problems = list(_record_problems(record, ref, check_artifact))
        bad += findings("versions", "", prompt_id, f"v{version}", problems)
        if record and not problems:
            evidence = _newest(ref, reports)
            records.append(replace(record, evidence=evidence, revoked_reason=reasons.get(version, "")))
    return RestoredPrompt(prompt_id, tuple(records), log)


def _ledger(
    environment: str, copies: Mapping[str, Numbered], freezes: Numbered, bad: list[Finding]
) -> RestoredLedger:
    entries = {sequence: _entry(copy) for sequence, copy in sorted(freezes.items())}
    bad += first_bad_entry("freezes", entries, {}, scope=environment, environment=environment)
    releases, approvals = {}, []
    for prompt_id, kept in sorted(copies.items()):
        rows = {revision: release_of(copy) for revision, copy in sorted(kept.items())}
        bad += _first_bad_release(environment, prompt_id, rows)
        releases[prompt_id] = tuple(row for row in rows.values() if row)
        approvals += [approval for copy in kept.values() if (approval := _approval(copy))]
    return RestoredLedger(
        environment, releases, tuple(approvals), tuple(entry for entry in entries.values() if entry)
    )


def _first_bad_release(environment: str, prompt_id: str, rows: Mapping[int, Release | None]) -> list[Finding]:
    before: Release | None = None
    for revision in range(1, max(rows) + 1):
        release = rows.get(revision)
        problems: list[Problem] = []
        if release is None:
            problems.append((NOTHING if revision not in rows else "what cannot be read", "a release"))
        elif (release.prompt_id, release.revision) != (prompt_id, revision):
            problems.append((f"{release.prompt_id} {release.revision}", f"{prompt_id} {revision}"))
        else:
            problems += [*chain_problems(release, before), *field_problems(release, before)]
        if problems:
            return findings(_RELEASES, environment, prompt_id, f"archived revision {revision}", problems)
        before = release
    return []


def _record_problems(
    record: VersionRecord | None, ref: PromptRef, check_artifact: Callable[[VersionRecord], object]
) -> Iterator[Problem]:
    if record is None or record.ref != ref:
        yield (str(record.ref) if record else "a copy that cannot be read"), str(ref)
        return
    try:
        check_artifact(record)
    except (ArtifactMissing, DigestMismatch) as error:
        yield f"an artifact of which holds: {error.what}", "the bytes it registered"


def _newest(ref: PromptRef, reports: ReportFinder) -> Evidence | None:
    found = [evidence for evidence, _ in reports.of_version(ref)]
    return max(found, key=lambda evidence: evidence.evaluated_at) if found else None


_RELEASES: Log = "releases"
_NOT_OURS = (KeyError, TypeError, ValueError, AttributeError, AssertionError)


def _record(copy: Copy) -> VersionRecord | None:
    try:
        return VersionRecord.from_dict(copy["version"]) if copy else None  # type: ignore[arg-type]
    except _NOT_OURS:
        return None


def _entry(copy: Copy) -> Restriction | None:
    try:
        return Restriction.from_dict(copy["restriction"]) if copy else None  # type: ignore[arg-type]
    except _NOT_OURS:
        return None


def _approval(copy: Copy) -> Approval | None:
    try:
        return Approval.from_dict(copy["approval"]) if copy and copy.get("approval") else None  # type: ignore[arg-type]
    except _NOT_OURS:
        return None
