"""Every prompt of an environment that uses one model or one block, and what each can go back to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from promptops.cli.model_access import base_model
from promptops.domain.errors import InvalidUsage, shown
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head
from promptops.domain.release_rules import rollback_targets
from promptops.domain.version import VersionRecord

if TYPE_CHECKING:
    from promptops.ports import Ledger, Registry

#: How far back a way out is looked for.
RELEASES = 1000
LOST = "is not in the registry"
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{4,64})")


@dataclass(frozen=True)
class Sought:
    """A model, or a block, all of whose contents are meant or those whose sha256 begins with `digest`."""

    kind: Literal["model", "block"]
    name: str
    digest: str = ""

    @classmethod
    def block(cls, text: str) -> Sought:
        """The block of `ID` or `ID@sha256-prefix`; raises InvalidUsage."""
        name, at, rest = text.partition("@")
        digest = _DIGEST.fullmatch(rest)
        if not name or (at and digest is None):
            fix = "Write its id, or id@ and 4 to 64 hex digits of its sha256."
            raise InvalidUsage(f"--block {shown(text)} names no block", fix)
        return cls("block", name, digest.group(1) if digest else "")

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{f'@{self.digest}' if self.digest else ''}"

    def used_by(self, record: VersionRecord) -> bool:
        """Whether the version has it; a model named without geography is every profile's of it."""
        if self.kind == "model":
            return self.name in (record.model, base_model(record.model))
        return self.name in record.blocks and record.blocks[self.name].startswith(self.digest)


@dataclass(frozen=True)
class Move:
    """What is to become of one prompt; without a `to_version` (0) `why` says why there is none."""

    prompt_id: str
    from_version: int
    to_version: int
    revision: int
    why: str = ""

    def to_dict(self) -> dict[str, object]:
        return {
            "prompt_id": self.prompt_id,
            "from_version": self.from_version,
            "to_version": self.to_version or None,
            "revision": self.revision,
            "why": self.why,
        }


def live_versions(ledger: Ledger, registry: Registry) -> dict[Head, VersionRecord | None]:
    """What every prompt serves there; None where the registry has lost its record."""
    heads = [head for head in ledger.heads() if head.revision and head.state == "live"]
    records = registry.records([PromptRef(head.prompt_id, head.version) for head in heads])
    return {head: records.get(PromptRef(head.prompt_id, head.version)) for head in heads}


def plan(
    sought: Sought, live: Mapping[Head, VersionRecord | None], *, ledger: Ledger, registry: Registry
) -> list[Move]:
    """A move for each prompt whose live version uses it or may use it, in the order of their ids."""
    moves = []
    for head, record in live.items():
        if record is None:
            moves.append(Move(head.prompt_id, head.version, 0, head.revision, f"v{head.version} {LOST}"))
        elif sought.used_by(record):
            version, why = newest_other(head, sought, ledger=ledger, registry=registry)
            moves.append(Move(head.prompt_id, head.version, version, head.revision, why))
    return moves


def newest_other(head: Head, sought: Sought | None, *, ledger: Ledger, registry: Registry) -> tuple[int, str]:
    """The newest earlier release that is not revoked and does not use it; else 0, and why there is none."""
    targets = [
        release.version for release in rollback_targets(head, ledger.releases(head.prompt_id, RELEASES))
    ]
    records = registry.records([PromptRef(head.prompt_id, version) for version in targets])
    problems = []
    for version in targets:
        record = records.get(PromptRef(head.prompt_id, version))
        if record is None:
            problems.append(f"v{version} {LOST}")
        elif record.revoked_reason:
            problems.append(f"v{version} is revoked")
        elif sought and sought.used_by(record):
            problems.append(f"v{version} uses it too")
        else:
            return version, ""
    return 0, ", ".join(problems) or "there is no earlier release"
