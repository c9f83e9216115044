"""What is forbidden for now, beside the releases: a frozen environment, a revoked version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal

from promptops.domain.canonical import digest
from promptops.domain.ledger import GENESIS
from promptops.domain.people import Actor

SCHEMA = 1
RestrictionKind = Literal["freeze", "unfreeze", "revoke", "unrevoke"]
IN_FORCE: tuple[RestrictionKind, ...] = ("freeze", "revoke")


@dataclass(frozen=True)
class Restriction:
    """One entry of a hash-chained log: `scope` is an environment (freeze) or a prompt id (revoke).

    `sequence` counts from 1 without gaps within the scope; `version` is 0 for an environment. The chain is
    that of releases: sha256(canonical(entry without chain)), each entry naming its predecessor's.
    """

    scope: str
    sequence: int
    kind: RestrictionKind
    version: int
    actor: Actor
    reason: str
    at: str
    previous_chain: str = GENESIS
    chain: str = ""

    @property
    def in_force(self) -> bool:
        return self.kind in IN_FORCE

    def to_dict(self) -> dict[str, object]:
        """The row. A field that comes later must be left out while it is empty: old rows keep their chain."""
        return {"schema": SCHEMA, **asdict(self), "actor": self.actor.to_dict()}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Restriction:
        """The entry in a row; fields of a newer stack are ignored."""
        known = {field.name: document[field.name] for field in fields(cls) if field.name in document}
        return cls(**{**known, "actor": Actor.from_dict(document["actor"])})  # type: ignore[arg-type]

    def sealed(self) -> Restriction:
        """The same entry with its chain digest."""
        document = self.to_dict()
        del document["chain"]
        return replace(self, chain=digest(document))


def next_restriction(
    scope: str,
    last: Restriction | None,
    *,
    kind: RestrictionKind,
    actor: Actor,
    reason: str,
    at: str,
    version: int = 0,
) -> Restriction:
    """The sealed entry that follows the last one of its scope."""
    return Restriction(
        scope=scope,
        sequence=last.sequence + 1 if last else 1,
        kind=kind,
        version=version,
        actor=actor,
        reason=reason,
        at=at,
        previous_chain=last.chain if last else GENESIS,
    ).sealed()
