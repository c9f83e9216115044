"""publish: one source becomes one immutable version, however many publish at once.

Order: dataset, number, object (create-only), registry row. A crash in between leaves an object nobody refers
to, or a number nobody uses; publishing again goes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from promptops.domain.canonical import sha256
from promptops.domain.compile import compile_cases, compile_source, warnings_of
from promptops.domain.errors import Conflict, InvalidMetadata, shown
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.source import PromptSource
from promptops.domain.version import Dataset, VersionRecord
from promptops.ports import Artifacts, Clock, Datasets, Registry

MAX_ATTEMPTS = 20
MAX_AUTHORS = 50
MAX_ADDRESS_CHARS = 254
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+")
_COMMIT = re.compile(r"[0-9a-f]{0,64}(?:-dirty)?")


@dataclass(frozen=True)
class Published:
    """The version now in the registry; `unchanged` when the newest one is exactly this already."""

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
    registry: Registry,
    artifacts: Artifacts,
    datasets: Datasets,
    clock: Clock,
) -> Published:
    """The published version, or the newest one if source and cases are the same.

    Raises BadInput for a source that may not be published, Conflict if others kept publishing in between.
    """
    artifact = compile_source(source)
    cases, number_of_cases = compile_cases(source, dataset)
    written_by, commit = _authors(authors), _commit(commit)
    warnings = warnings_of(source, artifact, number_of_cases)
    stored = Dataset(datasets.store(cases), sha256(cases), number_of_cases) if cases else Dataset()
    source_sha256 = source.digest(stored.sha256)
    content = artifact.to_bytes()
    number = 0
    for _ in range(MAX_ATTEMPTS):
        family = registry.family(source.prompt_id)
        latest = family.latest if family else 0
        if family and family.latest_source_sha256 == source_sha256:
            record = registry.version(PromptRef(source.prompt_id, latest))
            return Published("unchanged", record, warnings)
        number = max(number, latest + 1)
        ref = PromptRef(source.prompt_id, number)
        object_version = artifacts.create(ref, content)
        if object_version is None:
            number += 1
            continue
        record = VersionRecord(
            ref=ref,
            sha256=sha256(content),
            size_bytes=len(content),
            object_version=object_version,
            source_sha256=source_sha256,
            model=source.model["id"],
            dataset=stored,
            policy=source.policy,
            owner=source.owner,
            description=source.description,
            rationale=source.rationale,
            tags=source.tags,
            published_by=actor,
            authors=written_by,
            commit=commit,
            published_at=clock.now(),
            parent=latest or None,
        )
        if registry.commit(record, after=latest):
            return Published("published", record, warnings)
    what = f"{source.prompt_id} is being published by others, {MAX_ATTEMPTS} attempts"
    raise Conflict(what, "Publish again.")


def _authors(authors: Sequence[str]) -> tuple[str, ...]:
    """The authors' addresses, each once; nobody may leave one out by sending something else."""
    if not isinstance(authors, (list, tuple)) or len(authors) > MAX_AUTHORS:
        raise InvalidMetadata(f"authors is not a list of up to {MAX_AUTHORS}", "Publish smaller changes.")
    for author in authors:
        if not isinstance(author, str) or len(author) > MAX_ADDRESS_CHARS or not _ADDRESS.fullmatch(author):
            raise InvalidMetadata(f"author {shown(author)} is not an e-mail address", "Set git's user.email.")
    return tuple(dict.fromkeys(author.casefold() for author in authors))


def _commit(commit: str) -> str:
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise InvalidMetadata(f"commit is {shown(commit)}", "Send git's commit id, or nothing.")
    return commit
