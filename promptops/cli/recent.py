"""What happened since a moment, from every log there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from promptops.cli.drift_view import in_words
from promptops.domain.drift import Drift
from promptops.domain.errors import shown
from promptops.domain.ledger import Release
from promptops.domain.restriction import Restriction

if TYPE_CHECKING:
    from promptops.ports import Ledger, Registry

FIRST_READ = 50
_NEXT_READ = 20


class _Dated(Protocol):
    @property
    def at(self) -> str: ...


T = TypeVar("T", bound=_Dated)


@dataclass(frozen=True)
class Happened:
    """One change; `environment` is empty where it holds in all, `to` is a version or a state."""

    at: str
    environment: str
    kind: str
    prompt_id: str
    from_version: str
    to: str
    by: str
    why: str
    revision: int = 0

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def happened_in(ledger: Ledger, since: str) -> Iterator[Happened]:
    """Releases of the prompts whose head moved since, freezes, and pointers that had drifted."""
    environment = ledger.environment
    moved = [head.prompt_id for head in ledger.heads() if head.at >= since]
    for prompt_id in moved:
        for release in _since(since, partial(ledger.releases, prompt_id)):
            yield _of_release(release, environment)
    for restriction in _since(since, ledger.restrictions):
        yield _of_restriction(restriction, environment)
    for drift in _since(since, partial(ledger.drifts, since)):
        yield _of_drift(drift, environment)


def happened_to_versions(registry: Registry, since: str) -> Iterator[Happened]:
    """Revocations, and those taken back."""
    moved = {entry.scope for entry in registry.last_restrictions() if entry.at >= since}
    for prompt_id in sorted(moved):
        for entry in registry.restrictions(prompt_id):
            if entry.at >= since:
                yield _of_restriction(entry, "")


def _since(since: str, read: Callable[[int], Sequence[T]]) -> Iterator[T]:
    """The newest of a log down to that moment: read on, and more at once, while all of it is newer."""
    limit = FIRST_READ
    found = read(limit)
    while len(found) == limit and found[-1].at >= since:
        limit *= _NEXT_READ
        found = read(limit)
    return (item for item in found if item.at >= since)


def _of_release(release: Release, environment: str) -> Happened:
    state = release.head().state
    return Happened(
        release.at,
        environment,
        release.kind,
        release.prompt_id,
        f"v{release.from_version}" if release.from_version else "",
        f"v{release.version}" if state == "live" else state,
        str(release.actor),
        release.reason,
        release.revision,
    )


def _of_restriction(entry: Restriction, environment: str) -> Happened:
    prompt_id, version = (entry.scope, f"v{entry.version}") if entry.version else ("", "")
    return Happened(entry.at, environment, entry.kind, prompt_id, version, "", str(entry.actor), entry.reason)


def _of_drift(drift: Drift, environment: str) -> Happened:
    was = "not there" if drift.outcome == "missing" else in_words(drift.found) or shown(drift.found)
    expected = in_words(drift.expected) or drift.expected
    why = f"{drift.outcome}: the pointer was {was}, expected {expected}"
    by = drift.writer.rsplit("/", 1)[-1]
    return Happened(drift.at, environment, "drift", drift.prompt_id, "", "", by, why)
