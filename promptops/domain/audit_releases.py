"""The rules for the releases of one prompt in one environment: rows, head and what they refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field

from promptops.domain.approval import Approval
from promptops.domain.audit import (
    NOTHING,
    Copy,
    Problem,
    brief,
    chain_problems,
    copy_problems,
    differences,
    field_problems,
)
from promptops.domain.ledger import Head, Release


@dataclass(frozen=True)
class ReleasedVersion:
    """The row that says a version was released in an environment, last with that revision."""

    sha256: str
    revision: int


@dataclass(frozen=True)
class ReleaseLog:
    """All that one ledger holds of one prompt, by its keys; a row that cannot be read is None.

    `operations` maps an op_id to the prompt and revision it made; up to revision `archived` the archive must
    have a copy of each row.
    """

    environment: str
    prompt_id: str
    head: Head | None = None
    releases: Mapping[int, Release | None] = field(default_factory=dict)
    versions: Mapping[int, ReleasedVersion] = field(default_factory=dict)
    operations: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    archived: int = 0

    @property
    def rows(self) -> list[Release]:
        """Those that can be read, oldest first."""
        return [release for _, release in sorted(self.releases.items()) if release]

    def last(self, copies: Mapping[int, Copy]) -> int:
        """The newest revision that anything speaks of."""
        head = self.head.revision if self.head else 0
        return max(head, self.archived, *self.releases, *copies, 0)


def row_problems(log: ReleaseLog, revision: int, copies: Mapping[int, Copy]) -> Iterator[Problem]:
    """What is wrong with one row of a log in which every row before it is right."""
    release, before = log.releases.get(revision), log.releases.get(revision - 1)
    if revision not in log.releases:
        yield NOTHING, _who_knows_it(log, revision, copies)
    elif release is None:
        yield "what cannot be read", "a release"
    elif (release.prompt_id, release.revision) != (log.prompt_id, revision):
        yield f"{release.prompt_id} revision {release.revision}", f"{log.prompt_id} revision {revision}"
    else:
        yield from _copy_problems(log, release, copies)
        yield from chain_problems(release, before)
        yield from field_problems(release, before)
        yield from _origin_problems(log, release, before)
        yield from _reference_problems(log, release)


def head_problems(log: ReleaseLog) -> Iterator[Problem]:
    """What is wrong with what a log says to hold now, if every row of it is right."""
    if log.rows:
        wanted = log.rows[-1].head()
        if log.head is None:
            yield NOTHING, f"revision {wanted.revision}"
        else:
            yield from differences(asdict(log.head), asdict(wanted))
    yield from _version_problems(log)


def release_of(copy: Copy) -> Release | None:
    """The release in a document of the archive, None if it holds none."""
    try:
        return Release.from_dict(copy["release"]) if copy else None  # type: ignore[arg-type]
    except (KeyError, TypeError, AssertionError):
        return None


def _who_knows_it(log: ReleaseLog, revision: int, copies: Mapping[int, Copy]) -> str:
    release = release_of(copies.get(revision))
    if release:
        return f"one: {release.kind} of v{release.version}, as archived"
    if log.head and log.head.revision >= revision:
        return f"one: the head is at revision {log.head.revision}"
    return f"one: the log goes to revision {log.last(copies)}"


def _copy_problems(log: ReleaseLog, release: Release, copies: Mapping[int, Copy]) -> Iterator[Problem]:
    if release.revision not in copies:
        if release.revision <= log.archived:
            yield "no copy in the archive", f"one: archived to revision {log.archived}"
        return
    copy = copies[release.revision]
    yield from copy_problems(copy, "release", release.to_dict())
    if copy and copy.get("environment") != log.environment:
        yield f"a copy of {brief(copy.get('environment'))}", f"one of {log.environment}"
    archived = copy.get("approval") if copy else None
    approval = log.approvals.get(release.approval_id)
    if isinstance(archived, Mapping) and approval:
        for holds, should in differences(approval.to_dict(), archived):
            yield f"an approval with {holds}", f"{should}, as archived"


def _origin_problems(log: ReleaseLog, release: Release, before: Release | None) -> Iterator[Problem]:
    """Whether it starts from what was live, and makes nothing live that was never promoted here."""
    from_version = before.version if before else 0
    if release.from_version != from_version:
        yield f"from_version {release.from_version}", f"{from_version}, of the row before"
    what = (release.version, release.sha256)
    if release.head().state != "live":
        if not before or (before.version, before.sha256) != what:
            yield f"{release.kind} of v{release.version}", f"one of v{from_version}, which was live"
    elif release.kind != "promote":
        earlier = log.rows[: release.revision - 1]
        if not any((row.version, row.sha256) == what for row in earlier):
            yield f"{release.kind} to v{release.version}", "a version that was promoted here before"


def _reference_problems(log: ReleaseLog, release: Release) -> Iterator[Problem]:
    made = log.operations.get(release.op_id)
    if not release.op_id:
        yield "no op_id", "one"
    elif made != (log.prompt_id, release.revision):
        held = f"of {made[0]} revision {made[1]}" if made else "that is not there"
        yield f"an operation row {held}", f"one of revision {release.revision}"
    if release.head().state != "live":
        return
    row = log.versions.get(release.version)
    if row is None:
        yield f"no row for v{release.version}", "one"
    elif row.sha256 != release.sha256:
        yield f"sha256 {brief(release.sha256)}", f"{brief(row.sha256)}, of the row for v{release.version}"


def _version_problems(log: ReleaseLog) -> Iterator[Problem]:
    """Whether each row that says a version was released is of the last release that made it live."""
    last = {row.version: row.revision for row in log.rows if row.head().state == "live"}
    for version, row in sorted(log.versions.items()):
        if row.revision != last.get(version):
            wanted = f"one of revision {last[version]}" if version in last else "none: it was never released"
            yield f"a row for v{version} of revision {row.revision}", wanted
