"""Audit: everything on record recomputed and compared, and the first bad row of each log named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from promptops.audit_ports import PointerHistory, RegistryTrail, ReportFinder, Trail
from promptops.copies import Copies, Numbered
from promptops.domain.audit import NOTHING, Finding, Remark, findings, first_bad_entry
from promptops.domain.audit_copies import uncopied
from promptops.domain.audit_evidence import Witnesses, reason_problems
from promptops.domain.audit_pointer import pointer_findings
from promptops.domain.audit_records import record_findings
from promptops.domain.audit_releases import ReleaseLog, head_problems, row_problems
from promptops.domain.audit_versions import RegistryLog, first_bad_revocation, first_bad_version
from promptops.domain.drift import Drift
from promptops.domain.errors import ArtifactMissing, DigestMismatch, UnknownPrompt, shown
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import People
from promptops.domain.report import Report
from promptops.domain.version import VersionRecord
from promptops.ports import Archive, Clock

#: Prompts looked at side by side: nearly all of the time is waiting for answers.
WORKERS = 6
#: How many rows, what is wrong with them, what else is worth knowing.
Found = tuple[int, list[Finding], list[Remark]]
T = TypeVar("T")


@dataclass(frozen=True)
class Audited:
    """What was checked in one environment, or in the registry if `environment` is empty.

    `rows` counts releases, in the registry versions.
    """

    environment: str
    prompts: int
    rows: int
    findings: Sequence[Finding]
    remarks: Sequence[Remark]

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Auditor:
    """One installation with all its records.

    `trails` and `pointers` are by environment in promotion order; `asking` are the environments that ask
    another person for high-risk prompts. `check_artifact` raises if a version's bytes are not the registered
    ones; `say` is told what is being looked at.
    """

    registry: RegistryTrail
    trails: Mapping[str, Trail]
    pointers: Mapping[str, PointerHistory]
    archive: Archive
    reports: ReportFinder
    check_artifact: Callable[[VersionRecord], object]
    clock: Clock
    people: People = field(default_factory=People)
    asking: frozenset[str] = frozenset()
    say: Callable[[str], None] = lambda text: None

    def verify(self, prompt_id: str = "", environment: str = "") -> list[Audited]:
        """What was found in the registry, then in each environment or the one asked for.

        Raises UnknownPrompt for one that nothing speaks of. What is refused or does not answer is raised too:
        an audit that could not look has found nothing.
        """
        # What a row needs beside it is looked for later than this: age is counted from here.
        copies, now = Copies(self.archive), self.clock.now()
        registered = self._registry(prompt_id, copies, now)
        audited = [_sum("", [found for _, found in registered.values()])]
        for name in [environment] if environment else self.trails:
            audited.append(self._environment(name, prompt_id, copies, registered, now))
        if prompt_id and not any(part.prompts or part.findings for part in audited):
            raise UnknownPrompt(f"there is no prompt {shown(prompt_id)}", "Check its id.")
        return audited

    def _registry(self, prompt_id: str, copies: Copies, now: str) -> dict[str, tuple[RegistryLog, Found]]:
        versions, revocations = copies.versions(prompt_id), copies.revocations(prompt_id)
        names = [prompt_id] if prompt_id else sorted({*self.registry.prompt_ids(), *versions, *revocations})

        def look(name: str) -> tuple[RegistryLog, Found]:
            found = self._registered(name, versions.get(name, {}), revocations.get(name, {}), now)
            if found[1][1]:
                fresh = copies.versions(name).get(name, {}), copies.revocations(name).get(name, {})
                found = self._registered(name, *fresh, now)
            return found

        return dict(zip(names, self._side_by_side("registry", look, names), strict=True))

    def _registered(
        self, prompt_id: str, versions: Numbered, revocations: Numbered, now: str
    ) -> tuple[RegistryLog, Found]:
        log = self.registry.log(prompt_id)
        bad = first_bad_version(log, versions, self._damaged(log)) + first_bad_revocation(log, revocations)
        unmarked = {version: row for version, row in log.versions.items() if version > log.archived}
        lost, late = uncopied("versions", "", prompt_id, unmarked, versions, now)
        more, later = uncopied("revocations", "", prompt_id, log.revocations, revocations, now)
        return log, (len({*log.versions, *versions}), bad + lost[:1] + more[:1], late + later)

    def _damaged(self, log: RegistryLog) -> dict[int, str]:
        damaged = {}
        for version, record in log.records.items():
            try:
                self.check_artifact(record)
            except (ArtifactMissing, DigestMismatch) as error:
                damaged[version] = error.what
        return damaged

    def _environment(
        self,
        environment: str,
        prompt_id: str,
        copies: Copies,
        registered: Mapping[str, tuple[RegistryLog, Found]],
        now: str,
    ) -> Audited:
        trail = self.trails[environment]
        # A mark is set after its copy, a copy made after its row: read the other way round, nothing lacks.
        marks, drifts = trail.marks(), trail.drifts()
        kept, records = copies.releases(environment, prompt_id), copies.records(environment, prompt_id)
        marked = (name for name in marks if name[0] != "@")
        every = {*trail.prompt_ids(), *kept, *records, *registered, *marked}
        names = [prompt_id] if prompt_id else sorted(every)

        def look(name: str) -> Found:
            log = registered[name][0] if name in registered else self.registry.log(name)
            beside = kept.get(name, {}), records.get(name, {})
            found = self._released(environment, log, marks, *beside, drifts, now)
            if found[1]:
                # Half of a release that was under way looks like a fault: what is one is still there now.
                marks_now, read = trail.marks(), (copies.releases, copies.records)
                kept_now, records_now = (of(environment, name).get(name, {}) for of in read)
                log = self.registry.log(name)
                found = self._released(
                    environment, log, marks_now, kept_now, records_now, trail.drifts(), now
                )
            return found

        found = self._side_by_side(environment, look, names)
        if not prompt_id:
            frozen = self._freezes(environment, trail, copies.freezes(environment), now)
            if frozen[1]:
                frozen = self._freezes(environment, trail, copies.freezes(environment), now)
            found.append(frozen)
        return _sum(environment, found)

    def _released(
        self,
        environment: str,
        registered: RegistryLog,
        marks: Mapping[str, int],
        copies: Numbered,
        records: Numbered,
        drifts: Sequence[Drift],
        now: str,
    ) -> Found:
        prompt_id = registered.prompt_id
        log = self.trails[environment].log(prompt_id, marks.get(prompt_id, 0))
        bad = self._first_bad_release(log, registered, copies)
        history = self.pointers[environment].written(prompt_id)
        written, remarks = pointer_findings(log, copies, history, drifts)
        unmarked = {revision: row for revision, row in log.releases.items() if revision > log.archived}
        lost, late = uncopied("releases", environment, prompt_id, unmarked, copies, now)
        proofs, unproven = record_findings(log, copies, records, now)
        found = bad + lost[:1] + proofs + written
        return len({*log.releases, *copies}), found, [*late, *unproven, *remarks]

    def _first_bad_release(self, log: ReleaseLog, registered: RegistryLog, copies: Numbered) -> list[Finding]:
        place = log.environment, log.prompt_id
        witnesses = self._witnesses(log, registered)
        for revision in range(1, log.last(copies) + 1):
            problems = list(row_problems(log, revision, copies))
            release = log.releases.get(revision)
            if release and not problems:
                problems += reason_problems(log, release, witnesses)
            if problems:
                return findings("releases", *place, f"revision {revision}", problems)
        return findings("releases", *place, "head", head_problems(log))

    def _witnesses(self, log: ReleaseLog, registered: RegistryLog) -> Witnesses:
        names = list(self.trails)
        position = names.index(log.environment)
        promoted = {release.version for release in log.rows if release.kind == "promote"}
        return Witnesses(
            records=registered.records,
            reports=dict(self._reports(log.prompt_id, promoted)),
            lower=self.trails[names[position - 1]].log(log.prompt_id, 0) if position and promoted else None,
            asks_approval=log.environment in self.asking,
            people=self.people,
        )

    def _reports(self, prompt_id: str, versions: Iterable[int]) -> Iterator[tuple[str, Report]]:
        for version in versions:
            for evidence, report in self.reports.of_version(PromptRef(prompt_id, version)):
                yield evidence.sha256, report

    def _freezes(self, environment: str, trail: Trail, copies: Numbered, now: str) -> Found:
        entries = trail.freezes()
        bad = first_bad_entry("freezes", entries, copies, scope=environment, environment=environment)
        last = entries[max(entries)] if entries else None
        current, refused = trail.freeze_now()
        if not bad and (current, refused) != (last, last is not None and last.in_force):
            holds = (
                f"{current.kind if current else NOTHING}, releases {'refused' if refused else 'let through'}"
            )
            wanted = f"{last.kind} {last.sequence} and what it says" if last else NOTHING
            bad = findings("freezes", environment, "", "current freeze", [(holds, wanted)])
        lost, late = uncopied("freezes", environment, "", entries, copies, now)
        return 0, bad + lost[:1], late

    def _side_by_side(self, where: str, look: Callable[[str], T], names: Sequence[str]) -> list[T]:
        found = []
        with ThreadPoolExecutor(WORKERS) as workers:
            for number, one in enumerate(workers.map(look, names), start=1):
                found.append(one)
                self.say(f"{where}: {number} of {len(names)} prompts")
        return found


def _sum(environment: str, parts: Sequence[Found]) -> Audited:
    return Audited(
        environment=environment,
        prompts=sum(1 for rows, *_ in parts if rows),
        rows=sum(rows for rows, *_ in parts),
        findings=[finding for _, bad, _ in parts for finding in bad],
        remarks=[remark for *_, remarks in parts for remark in remarks],
    )
