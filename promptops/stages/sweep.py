"""sweep: every published version gets its copy in the archive, also where publishing died before it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from promptops.contract.names import archived_version_key
from promptops.domain.errors import DigestMismatch, PromptOpsError
from promptops.domain.identifiers import PromptRef
from promptops.domain.version import Family
from promptops.ports import Archive, Registry

PAGE_FAMILIES = 100
#: Of one prompt at a time; its mark rises after each so many, so that a crash loses little.
BATCH_VERSIONS = 100

logger = logging.getLogger(__name__)


@dataclass
class Swept:
    """One pass over all prompts: how many versions got copies, and what went wrong, prompt by prompt."""

    checked: int = 0
    copied: int = 0
    errors: list[PromptOpsError] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        errors = [error.to_dict() for error in self.errors]
        return {"checked": self.checked, "copied": self.copied, "errors": errors}


def sweep(*, registry: Registry, archive: Archive) -> Swept:
    """What was done. A copy that is there with another content is an error each time, and stays as it is."""
    swept = Swept()
    for family in _families(registry):
        swept.checked += 1
        try:
            _sweep(family, swept, registry, archive)
        except PromptOpsError as error:
            logger.exception("The versions of %s are not all archived", family.prompt_id)
            swept.errors.append(error)
    return swept


def _families(registry: Registry) -> Iterator[Family]:
    page = registry.families(limit=PAGE_FAMILIES)
    yield from page.items
    while page.next:
        page = registry.families(limit=PAGE_FAMILIES, after=page.next)
        yield from page.items


def _sweep(family: Family, swept: Swept, registry: Registry, archive: Archive) -> None:
    """Copy what came after the mark; the mark follows as far as the copies are right."""
    right = True
    for first in range(family.archived + 1, family.latest + 1, BATCH_VERSIONS):
        last = min(first + BATCH_VERSIONS - 1, family.latest)
        refs = [PromptRef(family.prompt_id, version) for version in range(first, last + 1)]
        for ref, record in sorted(registry.records(refs).items()):
            try:
                archive.keep(archived_version_key(ref.prompt_id, ref.version), record.archived())
                swept.copied += 1
            except DigestMismatch as error:
                swept.errors.append(error)
                right = False
        if right:
            registry.mark_archived(family.prompt_id, last)
