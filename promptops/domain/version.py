"""The registry's record of one version."""

from __future__ import annotations

from dataclasses import dataclass, field

from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy
from promptops.domain.report import Evidence

SCHEMA = 1


@dataclass(frozen=True)
class Dataset:
    """The evaluation cases published with a version; empty key and digest when it has none."""

    key: str = ""
    sha256: str = ""
    cases: int = 0


@dataclass(frozen=True)
class VersionRecord:
    """One published version: immutable but for `evidence` and `revoked_reason`.

    `authors` are e-mail addresses of commit authors and co-authors; who called publish is `published_by`.
    Timestamps are UTC, ISO 8601.
    """

    ref: PromptRef
    sha256: str
    size_bytes: int
    object_version: str
    source_sha256: str
    model: str
    dataset: Dataset
    policy: Policy
    owner: str
    description: str
    rationale: str
    tags: tuple[str, ...]
    published_by: Actor
    authors: tuple[str, ...]
    commit: str
    published_at: str
    parent: int | None = None
    evidence: Evidence | None = None
    revoked_reason: str = ""
    schema: int = field(default=SCHEMA)


@dataclass(frozen=True)
class Family:
    """All versions of one prompt id: the newest committed one."""

    prompt_id: str
    latest: int
    latest_source_sha256: str
