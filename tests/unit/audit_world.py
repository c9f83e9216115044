"""An installation in memory as an audit sees it: rows by their keys, each of which can be tampered with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from promptops.contract import names
from promptops.domain.audit_pointer import Written
from promptops.domain.audit_releases import ReleasedVersion, ReleaseLog
from promptops.domain.audit_versions import RegistryLog
from promptops.domain.drift import Drift
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Release
from promptops.domain.people import People, Person
from promptops.domain.report import Evidence, Report
from promptops.domain.restriction import Restriction
from promptops.stages.audit import Audited, Auditor
from tests.unit.fakes import FakeArchive, FakeRegistry
from tests.unit.fakes_evaluation import FakeReports
from tests.unit.fakes_release import FakeLedger, FakePointers, FakeReleaseRecords
from tests.unit.release_world import ALICE, BOB, CAROL, PROMPT, World

PEOPLE = People(
    [
        Person("Alice", ("alice@example.com",), (ALICE.identity,)),
        Person("Bob", (BOB.identity,)),
        Person("Carol", ("carol@example.com",), (CAROL.identity,)),
    ]
)


class FakeRegistryTrail:
    """The rows of a FakeRegistry."""

    def __init__(self, registry: FakeRegistry) -> None:
        self.registry = registry
        #: Logs instead of the true ones.
        self.forged: dict[str, RegistryLog] = {}

    def prompt_ids(self) -> Sequence[str]:
        return sorted({ref.prompt_id for ref in self.registry.rows})

    def log(self, prompt_id: str) -> RegistryLog:
        return self.forged.get(prompt_id) or self.true_log(prompt_id)

    def true_log(self, prompt_id: str) -> RegistryLog:
        versions = {
            ref.version: record for ref, record in self.registry.rows.items() if ref.prompt_id == prompt_id
        }
        entries = self.registry.log.get(prompt_id, [])
        return RegistryLog(
            prompt_id=prompt_id,
            latest=max(versions, default=0),
            archived=self.registry.archived.get(prompt_id, 0),
            versions=versions,
            revocations={entry.sequence: entry for entry in entries},
            listed={entry.version: entry for entry in entries},
        )

    def forge(self, prompt_id: str, **changes: Any) -> None:
        self.forged[prompt_id] = replace(self.log(prompt_id), **changes)


class FakeTrail:
    """The rows of a FakeLedger."""

    def __init__(self, ledger: FakeLedger) -> None:
        self.ledger = ledger
        self.forged: dict[str, ReleaseLog] = {}
        self.freeze_row: tuple[Restriction | None, bool] | None = None

    def prompt_ids(self) -> Sequence[str]:
        return sorted({*self.ledger.history, *self.forged})

    def log(self, prompt_id: str, archived: int) -> ReleaseLog:
        return replace(self.forged.get(prompt_id) or self.true_log(prompt_id), archived=archived)

    def true_log(self, prompt_id: str) -> ReleaseLog:
        history = self.ledger.history.get(prompt_id, [])
        live = [release for release in history if release.head().state == "live"]
        return ReleaseLog(
            environment=self.ledger.environment,
            prompt_id=prompt_id,
            head=self.ledger.head(prompt_id) if history else None,
            releases=dict(enumerate(history, start=1)),
            versions={row.version: ReleasedVersion(row.sha256, row.revision) for row in live},
            operations={release.op_id: (prompt_id, release.revision) for release in history},
            approvals=dict(self.ledger.approvals),
        )

    def forge(self, prompt_id: str = PROMPT, **changes: Any) -> None:
        """Rows, head or references other than what was written."""
        self.forged[prompt_id] = replace(self.log(prompt_id, 0), **changes)

    def marks(self) -> dict[str, int]:
        return dict(self.ledger.copied)

    def freezes(self) -> dict[int, Restriction | None]:
        return dict(enumerate(self.ledger.log, start=1))

    def freeze_now(self) -> tuple[Restriction | None, bool]:
        last = self.ledger.log[-1] if self.ledger.log else None
        return self.freeze_row or (last, last is not None and last.in_force)

    def drifts(self) -> Sequence[Drift]:
        return self.ledger.found


class FakePointerHistory:
    """What a FakePointers was told to keep; `by_hand` adds what somebody else wrote."""

    def __init__(self, pointers: FakePointers) -> None:
        self.pointers = pointers

    def written(self, prompt_id: str) -> Sequence[Written]:
        values = [value for name, value in self.pointers.written if name == prompt_id]
        return [
            Written(number, value, "arn:aws:sts::111122223333:assumed-role/promote/x", "2026-03-01T10:00:00Z")
            for number, value in enumerate(values, start=1)
        ]


class FakeReportFinder:
    def __init__(self, reports: FakeReports) -> None:
        self.reports = reports

    def of_version(self, ref: PromptRef) -> Sequence[tuple[Evidence, Report]]:
        return [
            (self.reports.store(report), report)
            for report in self.reports.stored.values()
            if (report.prompt_id, report.version) == (ref.prompt_id, ref.version)
        ]


class WholeBucket(FakeArchive):
    """An archive with the release records that lie beside it in the bucket."""

    def __init__(self, archive: FakeArchive, records: Mapping[str, FakeReleaseRecords]) -> None:
        self.archive = archive
        self.proofs = {
            names.release_record_key(environment, *ref): release.to_dict()
            for environment, proofs in records.items()
            for ref, release in proofs.stored.items()
        }

    def read(self, key: str) -> Mapping[str, object] | None:
        return self.proofs.get(key) or self.archive.read(key)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from (key for key in sorted(self.proofs) if key.startswith(prefix))
        yield from self.archive.keys(prefix)


class AuditWorld(World):
    """A World, its rows by their keys, and an archive that the line's own functions fill."""

    def __init__(self) -> None:
        super().__init__()
        self.versions = FakeRegistryTrail(self.registry)
        self.trails = {name: FakeTrail(self.ledgers[name]) for name in self.ledgers.names}
        self.histories = {name: FakePointerHistory(self.pointers[name]) for name in self.ledgers.names}

    def archive_all(self) -> None:
        """What the schedules do within a minute."""
        for name in self.ledgers.names:
            assert self.archiver(name).copy(self.ledgers[name].heads()) == []
        for ref, record in self.registry.rows.items():
            self.archive.keep(names.archived_version_key(ref.prompt_id, ref.version), record.archived())
            self.registry.mark_archived(ref.prompt_id, ref.version)

    def forget_archive(self) -> None:
        """As if nothing had been archived yet."""
        self.archive.objects.clear()
        self.registry.archived.clear()
        for name in self.ledgers.names:
            self.ledgers[name].copied.clear()

    def auditor(self) -> Auditor:
        return Auditor(
            registry=self.versions,
            trails=self.trails,
            pointers=self.histories,
            archive=WholeBucket(self.archive, self.records),
            clock=self.clock,
            reports=FakeReportFinder(self.reports),
            check_artifact=self.artifacts.load,
            people=PEOPLE,
            asking=frozenset({"prod"}),
        )

    def verify(self, prompt_id: str = "", environment: str = "") -> list[Audited]:
        return self.auditor().verify(prompt_id, environment)

    def found(self, prompt_id: str = "", environment: str = "") -> list[str]:
        """The findings as people read them."""
        return [str(finding) for part in self.verify(prompt_id, environment) for finding in part.findings]

    def remarks(self) -> list[str]:
        return [remark.text for part in self.verify() for remark in part.remarks]

    def forge_row(self, environment: str, revision: int, *, reseal: bool = False, **changes: Any) -> None:
        """Another content in one release row, its chain made anew if asked for."""
        trail = self.trails[environment]
        rows = dict(trail.log(PROMPT, 0).releases)
        row = rows[revision]
        assert row
        changed = replace(row, **changes)
        rows[revision] = changed.sealed() if reseal else changed
        trail.forge(releases=rows)

    def rewrite(self, environment: str, first: int, **changes: Any) -> None:
        """One row changed and every later chain recomputed, the head with them."""
        rows: dict[int, Release | None] = {}
        chain = ""
        for revision, row in self.trails[environment].true_log(PROMPT).releases.items():
            assert row
            if revision >= first:
                change = {
                    **(changes if revision == first else {}),
                    **({"previous_chain": chain} if chain else {}),
                }
                row = replace(row, **change).sealed()
                chain = row.chain
            rows[revision] = row
        assert row
        self.trails[environment].forge(releases=rows, head=row.head())
