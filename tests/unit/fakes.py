"""Registry, artifacts, datasets and clock, in memory, with the promises of their ports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from promptops.domain.artifact import Artifact
from promptops.domain.canonical import sha256 as digest_of
from promptops.domain.errors import ArtifactMissing, DatasetChanged, UnknownPrompt, UnknownVersion
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Evidence
from promptops.domain.version import Family, VersionRecord

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
        self.records: dict[PromptRef, VersionRecord] = {}

    def family(self, prompt_id: str) -> Family | None:
        versions = [record for ref, record in self.records.items() if ref.prompt_id == prompt_id]
        if not versions:
            return None
        newest = max(versions, key=lambda record: record.ref.version)
        return Family(prompt_id, newest.ref.version, newest.source_sha256)

    def version(self, ref: PromptRef) -> VersionRecord:
        if ref in self.records:
            return self.records[ref]
        known = self.versions(ref.prompt_id)
        raise UnknownVersion(f"{ref} is not published", f"{ref.prompt_id} has v1 to v{known[0].ref.version}.")

    def versions(self, prompt_id: str) -> list[VersionRecord]:
        found = [record for ref, record in self.records.items() if ref.prompt_id == prompt_id]
        if not found:
            raise UnknownPrompt(f"there is no prompt '{prompt_id}'", "Publish it first, or check its id.")
        return sorted(found, key=lambda record: record.ref.version, reverse=True)

    def commit(self, record: VersionRecord, *, after: int) -> bool:
        family = self.family(record.ref.prompt_id)
        if (family.latest if family else 0) != after or record.ref in self.records:
            return False
        self.records[record.ref] = record
        return True

    def link_evidence(self, ref: PromptRef, evidence: Evidence) -> None:
        self.records[ref] = replace(self.version(ref), evidence=evidence)


class FakeArtifacts:
    def __init__(self) -> None:
        self.objects: dict[PromptRef, bytes] = {}

    def create(self, ref: PromptRef, content: bytes) -> str | None:
        return f"object-{ref}" if self.objects.setdefault(ref, content) == content else None

    def load(self, record: VersionRecord) -> Artifact:
        if record.ref not in self.objects:
            raise ArtifactMissing(f"{record.ref} is gone", "Restore it from its versions.")
        return Artifact.from_bytes(self.objects[record.ref], record.sha256)


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
