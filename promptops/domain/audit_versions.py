"""The rules for the versions of one prompt in the registry, and for the log of their revocations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from promptops.domain.audit import (
    NOTHING,
    Copy,
    Finding,
    Problem,
    brief,
    copy_problems,
    findings,
    first_bad_entry,
)
from promptops.domain.restriction import Restriction
from promptops.domain.version import VersionRecord


@dataclass(frozen=True)
class RegistryLog:
    """All that the registry holds of one prompt, by its keys; a row that cannot be read is None.

    `latest` and `archived` are the family's, 0 without one; `listed` says of each version that was ever
    revoked which entry holds now.
    """

    prompt_id: str
    latest: int = 0
    archived: int = 0
    versions: Mapping[int, VersionRecord | None] = field(default_factory=dict)
    revocations: Mapping[int, Restriction | None] = field(default_factory=dict)
    listed: Mapping[int, Restriction | None] = field(default_factory=dict)

    @property
    def records(self) -> dict[int, VersionRecord]:
        """Those that can be read."""
        return {version: record for version, record in self.versions.items() if record}


def first_bad_version(
    log: RegistryLog, copies: Mapping[int, Copy], damaged: Mapping[int, str]
) -> list[Finding]:
    """What is wrong with the first bad version; `damaged` says what is wrong with a version's bytes.

    A number without a row is no fault: what was written and never registered leaves a gap.
    """
    for version in sorted({*log.versions, *copies}):
        problems = list(_version_problems(log, version, copies))
        if version in damaged:
            problems.append((f"an artifact of which holds: {damaged[version]}", "the bytes it registered"))
        if problems:
            return findings("versions", "", log.prompt_id, f"v{version}", problems)
    newest = max(log.versions, default=0)
    if newest != log.latest:
        holds = f"v{log.latest} as its newest version" if log.latest else NOTHING
        return findings("versions", "", log.prompt_id, "family", [(holds, f"v{newest}")])
    return []


def first_bad_revocation(log: RegistryLog, copies: Mapping[int, Copy]) -> list[Finding]:
    """What is wrong with the first bad revocation, or with what holds because of them."""
    bad = first_bad_entry("revocations", log.revocations, copies, scope=log.prompt_id)
    if bad:
        return bad
    entries = [entry for _, entry in sorted(log.revocations.items()) if entry]
    last = {entry.version: entry for entry in entries}
    for version in sorted({*last, *log.listed, *log.records}):
        problems = list(_holding_problems(log, version, last.get(version)))
        if problems:
            return findings("revocations", "", log.prompt_id, f"v{version}", problems)
    return []


def _version_problems(log: RegistryLog, version: int, copies: Mapping[int, Copy]) -> Iterator[Problem]:
    record = log.versions.get(version)
    if version not in log.versions:
        yield NOTHING, "one, as archived"
    elif record is None:
        yield "what cannot be read", "a version"
    elif (record.ref.prompt_id, record.ref.version) != (log.prompt_id, version):
        yield str(record.ref), f"{log.prompt_id}@v{version}"
    elif version in copies:
        yield from copy_problems(copies[version], "version", record.to_dict())
    elif version <= log.archived:
        yield "no copy in the archive", f"one: archived to v{log.archived}"


def _holding_problems(log: RegistryLog, version: int, last: Restriction | None) -> Iterator[Problem]:
    record = log.records.get(version)
    reason = last.reason if last and last.in_force else ""
    if record and record.revoked_reason != reason:
        yield f"the mark revoked {brief(record.revoked_reason)}", f"{brief(reason)}, by the log"
    listed = log.listed.get(version)
    if listed != last:
        yield (
            f"{listed.kind if listed else NOTHING} in the list of what holds",
            last.kind if last else NOTHING,
        )
