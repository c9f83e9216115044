"""Prompts with their newest version and what each environment serves, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from promptops.cli.fleet import Sought
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head
from promptops.domain.lifecycle import Status, status_of
from promptops.domain.version import Family, VersionRecord
from promptops.ports import Page

if TYPE_CHECKING:
    from promptops.ports import Ledgers, Registry


@dataclass(frozen=True)
class Listed:
    """One prompt: its newest version, and the head of each environment where something was released."""

    newest: VersionRecord
    status: Status
    heads: Mapping[str, Head]

    @property
    def prompt_id(self) -> str:
        return self.newest.ref.prompt_id

    def to_dict(self) -> dict[str, object]:
        return {
            "prompt_id": self.prompt_id,
            "version": f"v{self.newest.ref.version}",
            "label": self.newest.label,
            "status": self.status,
            "owner": self.newest.owner,
            "risk": self.newest.policy.risk,
            "tags": list(self.newest.tags),
            "description": self.newest.description,
            "model": self.newest.model,
            "environments": in_environments(self.heads),
        }


@dataclass(frozen=True)
class Wanted:
    """Which prompts are listed; `status` is about the newest version, and `uses` too.

    With an `environment` only those released there are, and `uses` is about the version it has.
    """

    owner: str = ""
    tag: str = ""
    prefix: str = ""
    status: Status | None = None
    environment: str = ""
    uses: tuple[Sought, ...] = ()


def page(wanted: Wanted, *, limit: int, after: str, registry: Registry, ledgers: Ledgers) -> Page[Listed]:
    """The next so many prompts; reads on until the page is full or there are no more."""
    found: list[Listed] = []
    more = True
    while more and len(found) <= limit:
        families = registry.families(
            owner=wanted.owner, tag=wanted.tag, prefix=wanted.prefix, limit=limit + 1, after=after
        )
        found += _listed(families.items, wanted, registry, ledgers)
        more, after = bool(families.next), families.next
    return Page(found[:limit], found[limit - 1].prompt_id if len(found) > limit else "")


def was_released(ref: PromptRef, heads: Mapping[str, Head], ledgers: Ledgers) -> bool:
    """Whether this version is or ever was released in some environment."""
    return any(head.version == ref.version for head in heads.values()) or any(
        ledgers[name].was_released(ref) for name in ledgers.names
    )


def in_environments(heads: Mapping[str, Head]) -> dict[str, object]:
    """For scripts: version, revision and state (live, retired or revoked) by environment."""
    return {
        name: {"version": f"v{head.version}", "revision": head.revision, "state": head.state}
        for name, head in heads.items()
    }


def _listed(
    families: Sequence[Family], wanted: Wanted, registry: Registry, ledgers: Ledgers
) -> Iterator[Listed]:
    ids = [family.prompt_id for family in families]
    heads = {name: {head.prompt_id: head for head in ledgers[name].heads(ids)} for name in ledgers.names}
    newest = {family.prompt_id: PromptRef(family.prompt_id, family.latest) for family in families}
    considered = dict(newest)
    if wanted.environment:
        there = heads[wanted.environment]
        considered = {prompt_id: PromptRef(prompt_id, head.version) for prompt_id, head in there.items()}
    records = registry.records([*newest.values(), *considered.values()])
    for prompt_id, ref in considered.items():
        if all(sought.used_by(records[ref]) for sought in wanted.uses):
            record = records[newest[prompt_id]]
            own = {name: found[prompt_id] for name, found in heads.items() if prompt_id in found}
            status = status_of(record, released=_released(record, own, ledgers))
            if wanted.status in (None, status):
                yield Listed(record, status, own)


def _released(record: VersionRecord, heads: Mapping[str, Head], ledgers: Ledgers) -> bool:
    """Nothing is released without evidence, so most versions need no look."""
    return record.evidence is not None and was_released(record.ref, heads, ledgers)
