"""A pointer that was not what its ledger says, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal

from promptops.domain.errors import MalformedPointer
from promptops.domain.ledger import Head, Release
from promptops.domain.pointer import BarePointer, parse_pointer

SCHEMA = 1
#: What a parameter of the standard tier can hold; of a longer value its beginning is kept.
MAX_FOUND_CHARS = 4_096
#: `late`: our own older value, or none yet. `adopted`: break-glass, now a release. `refused`: anything else,
#: put back. `missing`: there was no parameter although something had been released.
DriftOutcome = Literal["late", "adopted", "refused", "missing"]


@dataclass(frozen=True)
class Drift:
    """One finding of the reconciler; `found` is the raw value as `kept` gives it, never shown as it is.

    `mended` is false until the pointer was put right.
    """

    prompt_id: str
    found: str
    expected: str
    writer: str
    outcome: DriftOutcome
    at: str
    mended: bool = True

    def to_dict(self) -> dict[str, object]:
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Drift:
        """The finding in a row; fields of a newer stack are ignored."""
        known = {field.name: document[field.name] for field in fields(cls) if field.name in document}
        return cls(**known)  # type: ignore[arg-type]

    def is_same_as(self, other: Drift) -> bool:
        """Whether both tell of one value beside one head, with the same outcome."""
        mine = (self.prompt_id, self.found, self.expected, self.outcome)
        return mine == (other.prompt_id, other.found, other.expected, other.outcome)


def kept(value: str) -> str:
    """A pointer's value as findings hold it."""
    return value[:MAX_FOUND_CHARS]


#: `typed`: a version typed by hand, which may become a release; `foreign`: nothing that we ever wrote.
Standing = Literal["right", "late", "missing", "typed", "foreign"]


def standing(text: str | None, head: Head, release_of: Callable[[int], Release]) -> Standing:
    """What a pointer's value is, beside the head that was in force when it was read.

    `release_of` gives the release of a revision; it is asked for an earlier one only.
    """
    if text is None:
        return "missing"
    if text == head.pointer().to_text():
        return "right"
    try:
        pointer = parse_pointer(text)
    except MalformedPointer:
        return "foreign"
    if isinstance(pointer, BarePointer):
        live = head.state == "live" and pointer.version == head.version
        # Our own adoption of it, in another process, whose pointer is yet to be written.
        return "late" if live else "typed"
    if pointer.revision >= head.revision:
        return "foreign"
    return "late" if text == release_of(pointer.revision).head().pointer().to_text() else "foreign"
