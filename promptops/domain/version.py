"""The registry's record of one version, and of the family it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy
from promptops.domain.report import Evidence

SCHEMA = 1


@dataclass(frozen=True)
class Dataset:
    """The evaluation cases published with a version; empty key and digest when it has none.

    Of `sensitive` cases nothing but names and scores leaves the restricted bucket.
    """

    key: str = ""
    sha256: str = ""
    cases: int = 0
    sensitive: bool = False


@dataclass(frozen=True)
class VersionRecord:
    """One published version: immutable but for `evidence` and `revoked_reason`.

    `authors` are e-mail addresses of commit authors and co-authors; who called publish is `published_by`.
    `label` is a semantic version of the author's choice, unique within the prompt, or empty; `blocks` maps
    the id of each inlined block to its sha256. Timestamps are UTC, ISO 8601.
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
    label: str = ""
    blocks: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence | None = None
    revoked_reason: str = ""
    schema: int = field(default=SCHEMA)

    def to_dict(self) -> dict[str, object]:
        """What never changes of it: the registry's document, and its copy in the archive.

        What older records do not have is left out where it is not used, so that they equal their copies.
        """
        fixed = asdict(replace(self, evidence=None, revoked_reason=""))
        del fixed["evidence"], fixed["revoked_reason"]
        if not self.dataset.sensitive:
            del fixed["dataset"]["sensitive"]
        policy = self.policy.to_dict()
        return {**fixed, "policy": policy, "tags": list(self.tags), "authors": list(self.authors)}

    def archived(self) -> dict[str, object]:
        """Its copy in the archive."""
        return {"schema": SCHEMA, "version": self.to_dict()}

    @classmethod
    def from_dict(
        cls, document: Mapping[str, Any], *, evidence: Evidence | None = None, revoked_reason: str = ""
    ) -> VersionRecord:
        """The record again, with what does change of it."""
        return cls(
            **{
                **document,
                "ref": PromptRef(**document["ref"]),
                "dataset": Dataset(**document["dataset"]),
                "policy": Policy.from_dict(document["policy"]),
                "published_by": Actor.from_dict(document["published_by"]),
                "tags": tuple(document["tags"]),
                "authors": tuple(document["authors"]),
                "evidence": evidence,
                "revoked_reason": revoked_reason,
            }
        )


@dataclass(frozen=True)
class Family:
    """All versions of one prompt id, by its newest committed one.

    `archived` is the newest version up to which every record has its copy in the archive.
    """

    prompt_id: str
    latest: int
    latest_source_sha256: str
    owner: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    archived: int = 0
