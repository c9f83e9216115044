"""publish: one source becomes one immutable version, however many publish at once.

Order: dataset, number, object (create-only), registry row, copy in the archive. A crash in between leaves an
object nobody refers to, a number nobody uses, or a version whose copy is yet to be made.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptops.contract.names import archived_version_key, dataset_key
from promptops.domain.artifact import Artifact
from promptops.domain.canonical import sha256
from promptops.domain.compile import CompiledCases, compile_cases, compile_source, warnings_of
from promptops.domain.errors import Conflict, Immutable, InvalidMetadata, InvalidVersion, shown
from promptops.domain.identifiers import PromptRef, parse_version
from promptops.domain.label import label_taken
from promptops.domain.people import Actor
from promptops.domain.source import PromptSource
from promptops.domain.version import Dataset, Family, VersionRecord
from promptops.domain.visible import hidden_at
from promptops.ports import Archive, Artifacts, Clock, Datasets, Registry

MAX_ATTEMPTS = 20
MAX_AUTHORS = 50
MAX_ADDRESS_CHARS = 254
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_COMMIT = re.compile(r"[0-9a-f]{0,64}(?:-dirty)?")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """The version now in the registry; `unchanged` when it was exactly this before."""

    outcome: Literal["published", "unchanged"]
    record: VersionRecord
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """The answer of POST /v1/publish."""
        record = self.record
        return {
            "outcome": self.outcome,
            "prompt_id": record.ref.prompt_id,
            "version": f"v{record.ref.version}",
            "label": record.label,
            "sha256": record.sha256,
            "size_bytes": record.size_bytes,
            "cases": record.dataset.cases,
            "risk": record.policy.risk,
            "warnings": list(self.warnings),
        }


def publish(
    source: PromptSource,
    dataset: str,
    actor: Actor,
    authors: Sequence[str],
    commit: str,
    *,
    pinned: str = "",
    registry: Registry,
    artifacts: Artifacts,
    datasets: Datasets,
    archive: Archive,
    clock: Clock,
) -> Published:
    """The published version, or the newest one if source and cases are the same.

    With `pinned` (`v12`) it is that version or none. Raises BadInput for a source that may not be published
    and for a number that is not the next one, Immutable where number or label name something else already,
    Conflict if others kept publishing in between.
    """
    artifact = compile_source(source)
    cases = compile_cases(source, dataset)
    written_by, commit = _authors(authors), _commit(commit)
    wanted = parse_version(pinned) if pinned != "" else 0
    stored = _stored(cases, datasets)
    draft = Draft(source, artifact, artifact.to_bytes(), stored, actor, written_by, commit)
    warnings = warnings_of(source, artifact, cases.count)
    number = wanted
    for _ in range(MAX_ATTEMPTS):
        family = registry.family(source.prompt_id)
        there = _already(draft, wanted, family, registry)
        if there:
            return Published("unchanged", there, warnings)
        _check_label(draft, registry)
        number = max(number, _next(family))
        ref = PromptRef(source.prompt_id, number)
        object_version = artifacts.create(ref, draft.content)
        if object_version is None:
            if wanted:
                what = f"v{number} holds other bytes, of a publish that did not end"
                raise Immutable(what, "Publish without a number.")
            number += 1
            continue
        record = draft.record(ref, object_version, parent=family, now=clock.now())
        if registry.commit(record, after=family):
            _archive(record, archive)
            return Published("published", record, warnings)
    what = f"{source.prompt_id} is being published by others, {MAX_ATTEMPTS} attempts"
    raise Conflict(what, "Publish again.")


@dataclass(frozen=True)
class Draft:
    """What is to be published, compiled and checked; only its number is missing."""

    source: PromptSource
    artifact: Artifact
    content: bytes
    dataset: Dataset
    actor: Actor
    authors: tuple[str, ...]
    commit: str

    @property
    def sha256(self) -> str:
        return sha256(self.content)

    @property
    def source_sha256(self) -> str:
        return self.source.digest(self.dataset.sha256)

    def record(
        self, ref: PromptRef, object_version: str, *, parent: Family | None, now: str
    ) -> VersionRecord:
        source = self.source
        return VersionRecord(
            ref=ref,
            sha256=self.sha256,
            size_bytes=len(self.content),
            object_version=object_version,
            source_sha256=self.source_sha256,
            model=source.model["id"],
            dataset=self.dataset,
            policy=source.policy,
            owner=source.owner,
            description=source.description,
            rationale=source.rationale,
            tags=source.tags,
            published_by=self.actor,
            authors=self.authors,
            commit=self.commit,
            published_at=now,
            parent=parent.latest if parent else None,
            label=source.label,
            blocks=self.artifact.blocks,
        )


def _stored(cases: CompiledCases, datasets: Datasets) -> Dataset:
    """Where the cases lie; uploaded ones are taken at their digest, as nobody here may read them."""
    if cases.content:
        datasets.store(cases.content)
    if not cases.count:
        return Dataset()
    return Dataset(dataset_key(cases.sha256), cases.sha256, cases.count, cases.sensitive)


def _already(draft: Draft, wanted: int, family: Family | None, registry: Registry) -> VersionRecord | None:
    """The version that is this draft: the newest one, or the one with the wanted number.

    Raises InvalidVersion if the number is not the next one, Immutable if it is another version's.
    """
    prompt_id, following = draft.source.prompt_id, _next(family)
    if not wanted:
        same = family and family.latest_source_sha256 == draft.source_sha256
        return registry.version(PromptRef(prompt_id, family.latest)) if family and same else None
    if wanted > following:
        what = f"v{wanted} is not the next version of {prompt_id}"
        raise InvalidVersion(what, f"The next one is v{following}.")
    if wanted == following:
        return None
    ref, fix = PromptRef(prompt_id, wanted), f"Publish as v{following}."
    there = registry.records([ref]).get(ref)
    if there is None:
        raise Immutable(f"v{wanted} is a number that no version has, and none will", fix)
    if there.source_sha256 == draft.source_sha256:
        return there
    if there.sha256 == draft.sha256:
        raise Immutable(f"v{wanted} has these bytes, with other cases or metadata than yours", fix)
    raise Immutable(f"v{wanted} is sha256:{there.sha256[:12]}…, yours is {draft.sha256[:12]}…", fix)


def _next(family: Family | None) -> int:
    return family.latest + 1 if family else 1


def _check_label(draft: Draft, registry: Registry) -> None:
    """Returns if the label is free: seen before a number is taken for a version that cannot be."""
    label = draft.source.label
    taken_by = registry.labelled(draft.source.prompt_id, label) if label else None
    if taken_by:
        raise label_taken(label, taken_by, registry.version(taken_by).sha256, draft.sha256)


def _archive(record: VersionRecord, archive: Archive) -> None:
    """The version is published whatever becomes of its copy: what is missing is made later."""
    try:
        archive.keep(archived_version_key(record.ref.prompt_id, record.ref.version), record.archived())
    except Exception:
        logger.exception("The copy of %s is left to the next sweep", record.ref)


def _authors(authors: Sequence[str]) -> tuple[str, ...]:
    """The authors' addresses, each once; nobody may leave one out by sending something else."""
    if not isinstance(authors, (list, tuple)) or len(authors) > MAX_AUTHORS:
        raise InvalidMetadata(f"authors is not a list of up to {MAX_AUTHORS}", "Publish smaller changes.")
    for author in authors:
        if not isinstance(author, str) or len(author) > MAX_ADDRESS_CHARS or not _is_address(author):
            raise InvalidMetadata(f"author {shown(author)} is not an e-mail address", "Set git's user.email.")
    return tuple(dict.fromkeys(author.casefold() for author in authors))


def _is_address(text: str) -> bool:
    return bool(_ADDRESS.fullmatch(text)) and next(hidden_at(text), None) is None


def _commit(commit: str) -> str:
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise InvalidMetadata(f"commit is {shown(commit)}", "Send git's commit id, or nothing.")
    return commit
