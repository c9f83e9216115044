"""One environment's ledger: what is live, and the hash-chained record of how it came to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal

from promptops.domain.canonical import digest
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer, PointerState

SCHEMA = 1
ReleaseKind = Literal["promote", "rollback", "adopt", "drill", "retire", "revoke"]
#: What a release of these kinds leaves behind is no served version; all others make theirs live.
_STATES: dict[ReleaseKind, PointerState] = {"retire": "retired", "revoke": "revoked"}
GENESIS = "0" * 64


@dataclass(frozen=True)
class Head:
    """The live version of one prompt in one environment; revision 0 means nothing was ever released."""

    prompt_id: str
    revision: int = 0
    version: int = 0
    sha256: str = ""
    state: PointerState = "live"
    chain: str = GENESIS
    at: str = ""

    def serves(self, version: int, sha256: str) -> bool:
        """Whether exactly this is live."""
        return (self.version, self.sha256, self.state) == (version, sha256, "live")

    def pointer(self) -> Pointer:
        return Pointer(self.version, self.revision, self.sha256, self.state)


@dataclass(frozen=True)
class Release:
    """One release, which is also its audit row: who, when, from, to, why, on what evidence.

    `chain` is sha256(canonical(row without chain)), and the row names its predecessor's chain, so that a
    changed, dropped or reordered row breaks every later one. A `retire` and a `revoke` keep the version they
    take out of service.
    """

    prompt_id: str
    revision: int
    version: int
    sha256: str
    kind: ReleaseKind
    from_version: int
    actor: Actor
    reason: str
    at: str
    op_id: str
    request_id: str = ""
    approval_id: str = ""
    report_sha256: str = ""
    previous_chain: str = GENESIS
    chain: str = ""

    def to_dict(self) -> dict[str, object]:
        """The row. A field that comes later must be left out while it is empty: old rows keep their chain."""
        return {"schema": SCHEMA, **asdict(self), "actor": self.actor.to_dict()}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Release:
        """The release in a row; fields of a newer stack are ignored."""
        known = {field.name: document[field.name] for field in fields(cls) if field.name in document}
        return cls(**{**known, "actor": Actor.from_dict(document["actor"])})  # type: ignore[arg-type]

    def sealed(self) -> Release:
        """The same release with its chain digest."""
        document = self.to_dict()
        del document["chain"]
        return replace(self, chain=digest(document))

    def head(self) -> Head:
        """The head this release makes."""
        state = _STATES.get(self.kind, "live")
        return Head(self.prompt_id, self.revision, self.version, self.sha256, state, self.chain, self.at)


def is_sealed(document: Mapping[str, object]) -> bool:
    """Whether a row's chain is the digest of all else that is in it, whichever fields those are."""
    return document.get("chain") == digest({key: item for key, item in document.items() if key != "chain"})


def next_release(head: Head, **changes: object) -> Release:
    """The sealed release that follows the head."""
    release = Release(
        prompt_id=head.prompt_id,
        revision=head.revision + 1,
        from_version=head.version,
        previous_chain=head.chain,
        **changes,  # type: ignore[arg-type]
    )
    return release.sealed()
