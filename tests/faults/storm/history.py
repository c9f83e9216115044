"""What clients were told, held against what AWS holds in the end: every promise that was not kept."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

from promptops.domain.ledger import GENESIS, Head, Release

#: `done`: told that it happened; `refused`: told that it did not and will not; `unknown`: told neither, or
#: nothing at all because the client was gone.
Outcome = Literal["done", "refused", "unknown"]
NEVER = 2**63


@dataclass(frozen=True)
class Operation:
    """One call of one client. Moments are nanoseconds of one clock; `answered` is NEVER without an answer."""

    client: str
    number: int
    verb: str
    environment: str
    prompt_id: str
    invoked: int
    answered: int = NEVER
    outcome: Outcome = "unknown"
    op_id: str = ""
    version: int = 0
    revision: int = 0
    sha256: str = ""
    code: str = ""
    fault: str = ""
    unchanged: bool = False


@dataclass(frozen=True)
class Found:
    """What AWS holds of one prompt in one environment once all is quiet; releases oldest first.

    `operations` are the operation rows, `pointer_values` all values the pointer ever had, in their order,
    `versions` the registry's digests, `records` the versions that have a release record.
    """

    environment: str
    prompt_id: str
    head: Head
    releases: Sequence[Release]
    operations: Mapping[str, int]
    pointer: str | None
    pointer_values: Sequence[str]
    versions: Mapping[int, str]
    records: frozenset[int]


class Journal:
    """A client's own file of what it asked and was told; each line is on disk before the client goes on."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def write(self, operation: Operation) -> None:
        self._file.write(json.dumps(asdict(operation)) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def read_journal(path: Path) -> list[Operation]:
    """The operations of a file: an answer replaces its invocation; a line cut off by a kill is none."""
    operations: dict[tuple[str, int], Operation] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            operation = Operation(**json.loads(line))
        except ValueError:
            continue
        operations[operation.client, operation.number] = operation
    return list(operations.values())


def violations(history: Sequence[Operation], found: Sequence[Found]) -> list[str]:
    """Every broken promise in words; none when all is well."""
    broken = [
        f"{place.environment}/{place.prompt_id}: {problem}"
        for place in found
        for check in (*OF_AWS, *OF_HISTORY)
        for problem in check(place, [one for one in history if _about(one, place)])
    ]
    return [*broken, *_one_result(history)]


def revisions_are_dense(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    revisions = [release.revision for release in place.releases]
    if revisions != list(range(1, len(revisions) + 1)):
        yield f"revisions are {revisions}"


def the_head_is_the_last_release(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    last = place.releases[-1].head() if place.releases else Head(place.prompt_id)
    if place.head != last:
        yield f"the head is {place.head}, the last release makes it {last}"


def the_chain_holds(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    before = GENESIS
    for release in place.releases:
        if release.previous_chain != before or release.sealed() != release:
            yield f"the chain breaks at revision {release.revision}"
        before = release.chain


def releases_say_who_and_why(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    for release in place.releases:
        if not (release.actor.identity and release.reason and release.op_id):
            yield f"revision {release.revision} lacks actor, reason or operation"


def releases_are_of_published_bytes(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    for release in place.releases:
        if place.versions.get(release.version) != release.sha256:
            yield f"revision {release.revision} is of v{release.version} with a digest nobody published"


def releases_come_from_the_version_before(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    for before, release in pairwise(place.releases):
        if release.from_version != before.version:
            yield f"revision {release.revision} says it left v{release.from_version}, not v{before.version}"


def every_release_has_its_operation(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    rows = {release.op_id: release.revision for release in place.releases}
    if len(rows) != len(place.releases):
        yield "one operation made two releases"
    if rows != dict(place.operations):
        yield f"operation rows and releases differ: {set(rows.items()) ^ set(place.operations.items())}"


def the_pointer_is_the_head(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    expected = place.head.pointer().to_text() if place.head.revision else None
    if place.pointer != expected:
        yield f"the pointer is {place.pointer}, the head {expected}"


def the_pointer_only_ever_named_releases(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    released = {release.head().pointer().to_text() for release in place.releases}
    for value in dict.fromkeys(place.pointer_values):
        if value not in released:
            yield f"the pointer once was {value}, which no release made"


def promoted_versions_have_their_record(place: Found, _: Sequence[Operation]) -> Iterator[str]:
    for version in {release.version for release in place.releases} - place.records:
        yield f"v{version} was released and has no release record"


def what_was_acknowledged_is_there(place: Found, history: Sequence[Operation]) -> Iterator[str]:
    rows = {release.revision: release for release in place.releases}
    for one in history:
        if one.outcome != "done" or one.verb == "publish":
            continue
        row = rows.get(one.revision)
        if row is None or row.version != one.version:
            yield f"{_named(one)} was told revision {one.revision} of v{one.version}: {_found(row)}"
        elif one.verb != "resolve" and not one.unchanged and row.op_id != one.op_id:
            yield f"{_named(one)} was told revision {one.revision}, which {row.op_id} made"
        elif one.verb == "resolve" and row.sha256 != one.sha256:
            yield f"{_named(one)} was served other bytes than revision {one.revision} has"


def what_was_published_is_there(place: Found, history: Sequence[Operation]) -> Iterator[str]:
    for one in history:
        if one.verb == "publish" and one.outcome == "done" and place.versions.get(one.version) != one.sha256:
            yield f"{_named(one)} was told v{one.version}, which is not registered with these bytes"


def what_was_refused_never_happened(place: Found, history: Sequence[Operation]) -> Iterator[str]:
    made = {release.op_id for release in place.releases}
    told = defaultdict(set)
    for one in history:
        told[one.op_id].add(one.outcome)
    for op_id in made & set(told):
        if told[op_id] == {"refused"}:
            yield f"{op_id} was refused and made a release"


def revisions_keep_to_real_time(place: Found, history: Sequence[Operation]) -> Iterator[str]:
    """What was acknowledged before something else began has the lower revision."""
    began, ended = _spans(history)
    latest_begin, by = -1, ""
    for release in place.releases:
        if ended.get(release.op_id, NEVER) < latest_begin:
            yield f"{release.op_id} ended before {by} began and has the higher revision {release.revision}"
        if began.get(release.op_id, -1) > latest_begin:
            latest_begin, by = began[release.op_id], release.op_id


def clients_never_go_back(place: Found, history: Sequence[Operation]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for one in sorted(history, key=lambda one: (one.client, one.number)):
        if one.verb != "resolve" or one.outcome != "done":
            continue
        if one.revision < seen.get(one.client, 0):
            yield f"{one.client} was served revision {one.revision} after {seen[one.client]}"
        seen[one.client] = max(one.revision, seen.get(one.client, 0))


def nobody_is_served_what_was_not_begun(place: Found, history: Sequence[Operation]) -> Iterator[str]:
    began, _ = _spans(history)
    made_by = {release.revision: release.op_id for release in place.releases}
    for one in history:
        if one.verb == "resolve" and one.answered < began.get(made_by.get(one.revision, ""), -1):
            yield f"{_named(one)} was served revision {one.revision} before it was asked for"


OF_AWS = (
    revisions_are_dense,
    the_head_is_the_last_release,
    the_chain_holds,
    releases_say_who_and_why,
    releases_are_of_published_bytes,
    releases_come_from_the_version_before,
    every_release_has_its_operation,
    the_pointer_is_the_head,
    the_pointer_only_ever_named_releases,
    promoted_versions_have_their_record,
)
OF_HISTORY = (
    what_was_acknowledged_is_there,
    what_was_published_is_there,
    what_was_refused_never_happened,
    revisions_keep_to_real_time,
    clients_never_go_back,
    nobody_is_served_what_was_not_begun,
)


def _one_result(history: Sequence[Operation]) -> Iterator[str]:
    """However often an operation is repeated, its result is one."""
    results = defaultdict(set)
    for one in history:
        if one.op_id and one.outcome == "done":
            results[one.op_id].add((one.environment, one.prompt_id, one.revision, one.version))
    for op_id, told in results.items():
        if len(told) > 1:
            yield f"{op_id} had several results: {sorted(told)}"


def _spans(history: Sequence[Operation]) -> tuple[dict[str, int], dict[str, int]]:
    """When each operation was first asked for, and first acknowledged."""
    began: dict[str, int] = {}
    ended: dict[str, int] = {}
    for one in history:
        if one.op_id:
            began[one.op_id] = min(one.invoked, began.get(one.op_id, NEVER))
            if one.outcome == "done":
                ended[one.op_id] = min(one.answered, ended.get(one.op_id, NEVER))
    return began, ended


def _about(one: Operation, place: Found) -> bool:
    if one.prompt_id != place.prompt_id:
        return False
    return one.environment == place.environment or one.verb == "publish"


def _named(one: Operation) -> str:
    return f"{one.client}'s {one.verb} {one.number}"


def _found(row: Release | None) -> str:
    return "there is no such release" if row is None else f"it is of v{row.version}"


def answered(operation: Operation, at: int, outcome: Outcome, **told: object) -> Operation:
    """The operation with its answer."""
    return replace(operation, answered=at, outcome=outcome, **told)  # type: ignore[arg-type]
