"""What an audit finds: rows that disagree with themselves, with their neighbours or with their copies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Literal

from promptops.domain.canonical import canonical
from promptops.domain.errors import shown
from promptops.domain.ledger import GENESIS, Release
from promptops.domain.restriction import Restriction

#: Which record a finding is about.
Log = Literal["releases", "freezes", "versions", "revocations", "records", "pointer"]
#: What a row holds, and what it should.
Problem = tuple[str, str]
#: A document of the archive; None if it is not what was archived.
Copy = Mapping[str, object] | None
Entry = Release | Restriction
#: Two machines' clocks may differ by so much without one of them lying.
MAX_SKEW = timedelta(seconds=2)
#: What follows from a row (its copy, its release record) is there by then, whatever crashed meanwhile.
MAX_DELAY = timedelta(minutes=15)
NOTHING = "no row"
DIGEST_CHARS = 12


@dataclass(frozen=True)
class Finding:
    """A row that is not what it should be; `environment` is empty for the registry."""

    log: Log
    environment: str
    prompt_id: str
    row: str
    holds: str
    should: str

    def to_dict(self) -> dict[str, object]:
        return asdict(self)

    def __str__(self) -> str:
        where = " ".join(part for part in (self.environment, self.prompt_id, self.row) if part)
        return f"{where} has {self.holds}, should have {self.should}"


@dataclass(frozen=True)
class Remark:
    """What is worth knowing and no fault, such as rows that are not archived yet."""

    environment: str
    prompt_id: str
    text: str

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def findings(
    log: Log, environment: str, prompt_id: str, row: str, problems: Iterable[Problem]
) -> list[Finding]:
    """Everything that is wrong with one row."""
    return [Finding(log, environment, prompt_id, row, holds, should) for holds, should in problems]


def first_bad_entry(
    log: Log,
    entries: Mapping[int, Restriction | None],
    copies: Mapping[int, Copy],
    *,
    scope: str,
    environment: str = "",
) -> list[Finding]:
    """What is wrong with the first bad row of a log of freezes or revocations; None cannot be read."""
    before: Restriction | None = None
    for sequence in range(1, max([*entries, *copies], default=0) + 1):
        problems = list(_entry_problems(entries, copies, sequence, scope, before))
        if problems:
            prompt_id = "" if environment else scope
            return findings(log, environment, prompt_id, f"{log[:-1]} {sequence}", problems)
        before = entries[sequence]
    return []


def copy_problems(copy: Copy, name: str, row: Mapping[str, object]) -> Iterator[Problem]:
    """How a row differs from its copy in the archive."""
    archived = copy.get(name) if copy else None
    if not isinstance(archived, Mapping):
        yield "a copy that cannot be read", "one of this row"
        return
    for holds, should in differences(row, archived):
        yield holds, f"{should}, as archived"


def differences(found: Mapping[str, object], wanted: Mapping[str, object]) -> Iterator[Problem]:
    """The fields that are not the same."""
    for name in sorted({*found, *wanted}):
        held, meant = found.get(name), wanted.get(name)
        if canonical(held) != canonical(meant):
            yield f"{name} {brief(held)}", f"{name} {brief(meant)}"


def chain_problems(entry: Entry, before: Entry | None) -> Iterator[Problem]:
    """Whether the row is what its digest says, and follows the row before."""
    wanted = entry.sealed().chain
    if entry.chain != wanted:
        yield f"chain {brief(entry.chain)}", f"{brief(wanted)}, the digest of what it holds"
    previous = before.chain if before else GENESIS
    if entry.previous_chain != previous:
        yield f"previous_chain {brief(entry.previous_chain)}", f"{brief(previous)}, of the row before"


def field_problems(entry: Entry, before: Entry | None) -> Iterator[Problem]:
    """Whether somebody did it, for a reason, not before the row before."""
    for name, text in (("actor", entry.actor.identity), ("reason", entry.reason)):
        if not text:
            yield f"no {name}", "one"
    if _moment(entry.at) is None:
        yield f"at {brief(entry.at)}", "a moment"
    elif before and is_before(entry.at, before.at):
        yield f"at {entry.at}", f"a time after {before.at}, of the row before"


def is_before(at: str, other: str) -> bool:
    """Whether it was earlier, by more than clocks may differ; nothing is known of what is no moment."""
    first, second = _moment(at), _moment(other)
    return first is not None and second is not None and first < second - MAX_SKEW


def is_due(at: str, now: str) -> bool:
    """Whether what follows from a row of that moment must be there; always, if that is no moment."""
    written, looked = _moment(at), _moment(now)
    return written is None or looked is None or written < looked - MAX_DELAY


def brief(content: object) -> str:
    """A value as findings show it; digests by their first characters, as everywhere."""
    text = str(content)
    digest = len(text) == len(GENESIS) and not set(text) - set("0123456789abcdef")
    return text[:DIGEST_CHARS] if digest else shown(content)


def _moment(at: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(at)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else None


def _entry_problems(
    entries: Mapping[int, Restriction | None],
    copies: Mapping[int, Copy],
    sequence: int,
    scope: str,
    before: Restriction | None,
) -> Iterator[Problem]:
    entry = entries.get(sequence)
    if sequence not in entries:
        yield NOTHING, "one, as archived" if sequence in copies else "one: there are later ones"
    elif entry is None:
        yield "what cannot be read", "an entry"
    elif (entry.scope, entry.sequence) != (scope, sequence):
        yield f"{entry.scope} {entry.sequence}", f"{scope} {sequence}"
    else:
        if sequence in copies:
            yield from copy_problems(copies[sequence], "restriction", entry.to_dict())
        yield from chain_problems(entry, before)
        yield from field_problems(entry, before)
