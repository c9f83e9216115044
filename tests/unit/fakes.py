"""Registry, artifacts, datasets and clock, in memory, with the promises of their ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from promptops.domain.artifact import Artifact
from promptops.domain.canonical import sha256 as digest_of
from promptops.domain.errors import (
    ArtifactMissing,
    Conflict,
    DatasetChanged,
    DigestMismatch,
    Immutable,
    UnknownPrompt,
    UnknownVersion,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Evidence
from promptops.domain.restriction import Restriction
from promptops.domain.version import Family, VersionRecord
from promptops.ports import Page, Unreadable

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


class FakeClock:
    """Moves one second a look, so that moments differ and tests repeat."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> str:
        self.moment += timedelta(seconds=1)
        return self._text(self.moment)

    def later(self, hours: float) -> str:
        return self._text(self.moment + timedelta(hours=hours))

    def pass_hours(self, hours: float) -> None:
        self.moment += timedelta(hours=hours)

    @staticmethod
    def _text(moment: datetime) -> str:
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class FakeRegistry:
    def __init__(self) -> None:
        self.rows: dict[PromptRef, VersionRecord] = {}
        self.log: dict[str, list[Restriction]] = {}
        self.archived: dict[str, int] = {}

    def family(self, prompt_id: str) -> Family | None:
        versions = [record for ref, record in self.rows.items() if ref.prompt_id == prompt_id]
        if not versions:
            return None
        newest = max(versions, key=lambda record: record.ref.version)
        return Family(
            prompt_id,
            newest.ref.version,
            newest.source_sha256,
            newest.owner,
            newest.description,
            newest.tags,
            self.archived.get(prompt_id, 0),
        )

    def families(
        self, *, owner: str = "", tag: str = "", prefix: str = "", limit: int = 50, after: str = ""
    ) -> Page[Family]:
        every = [self.family(prompt_id) for prompt_id in sorted({ref.prompt_id for ref in self.rows})]
        found = [
            family
            for family in every
            if family
            and (not owner or family.owner == owner)
            and (not tag or tag in family.tags)
            and family.prompt_id.startswith(prefix)
            and family.prompt_id > after
        ]
        return Page(found[:limit], found[limit - 1].prompt_id if len(found) > limit else "")

    def records(self, refs: Sequence[PromptRef]) -> Mapping[PromptRef, VersionRecord]:
        return {ref: self.rows[ref] for ref in refs if ref in self.rows}

    def labelled(self, prompt_id: str, label: str) -> PromptRef | None:
        found = (
            ref for ref, record in self.rows.items() if ref.prompt_id == prompt_id and record.label == label
        )
        return next(found, None)

    def version(self, ref: PromptRef) -> VersionRecord:
        if ref in self.rows:
            return self.rows[ref]
        known = self.versions(ref.prompt_id)
        raise UnknownVersion(f"{ref} is not published", f"{ref.prompt_id} has v1 to v{known[0].ref.version}.")

    def versions(self, prompt_id: str) -> list[VersionRecord]:
        found = [record for ref, record in self.rows.items() if ref.prompt_id == prompt_id]
        if not found:
            raise UnknownPrompt(f"there is no prompt '{prompt_id}'", "Publish it first, or check its id.")
        return sorted(found, key=lambda record: record.ref.version, reverse=True)

    def commit(self, record: VersionRecord, *, after: Family | None) -> bool:
        family = self.family(record.ref.prompt_id)
        if (family.latest if family else 0) != (after.latest if after else 0) or record.ref in self.rows:
            return False
        if record.label and self.labelled(record.ref.prompt_id, record.label):
            raise Immutable(f"label {record.label} is taken", "Choose another.")
        self.rows[record.ref] = record
        return True

    def link_evidence(self, ref: PromptRef, evidence: Evidence) -> None:
        self.rows[ref] = replace(self.version(ref), evidence=evidence)

    def restrictions(self, prompt_id: str) -> Sequence[Restriction]:
        return self.log.get(prompt_id, [])[::-1]

    def restrict(self, restriction: Restriction) -> None:
        log = self.log.setdefault(restriction.scope, [])
        if restriction.sequence != len(log) + 1:
            raise Conflict(f"the log of {restriction.scope} moved on")
        log.append(restriction)
        ref = PromptRef(restriction.scope, restriction.version)
        reason = restriction.reason if restriction.in_force else ""
        self.rows[ref] = replace(self.version(ref), revoked_reason=reason)

    def revocations(self, unreadable: Unreadable | None = None) -> Sequence[Restriction]:
        return [entry for entry in self.last_restrictions(unreadable) if entry.in_force]

    def last_restrictions(self, unreadable: Unreadable | None = None) -> Sequence[Restriction]:
        last = {(entry.scope, entry.version): entry for log in self.log.values() for entry in log}
        return [*last.values()]

    def mark_archived(self, prompt_id: str, version: int) -> None:
        self.archived[prompt_id] = max(version, self.archived.get(prompt_id, 0))


class FakeArtifacts:
    def __init__(self) -> None:
        self.objects: dict[PromptRef, bytes] = {}

    def create(self, ref: PromptRef, content: bytes) -> str | None:
        return f"object-{ref}" if self.objects.setdefault(ref, content) == content else None

    def load(self, record: VersionRecord) -> Artifact:
        if record.ref not in self.objects:
            raise ArtifactMissing(f"{record.ref} is gone", "Restore it from its versions.")
        return Artifact.from_bytes(self.objects[record.ref], record.sha256)


class FakeArchive:
    def __init__(self) -> None:
        self.objects: dict[str, Mapping[str, object]] = {}

    def keep(self, key: str, document: Mapping[str, object]) -> None:
        if self.objects.setdefault(key, document) != document:
            raise DigestMismatch(f"{key} is there with another content")

    def read(self, key: str) -> Mapping[str, object] | None:
        return self.objects.get(key)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self.objects if key.startswith(prefix))


class FakeDatasets:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def store(self, content: bytes) -> str:
        key = f"datasets/{digest_of(content)}.jsonl"
        self.objects[key] = content
        return key

    def load(self, key: str, sha256: str) -> bytes:
        content = self.objects.get(key, b"")
        if digest_of(content) != sha256:
            raise DatasetChanged(f"{key} changed", "Publish the prompt again.")
        return content
