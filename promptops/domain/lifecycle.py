"""Where a version stands in its life: never stored, always computed from what is recorded of it.

No crash can leave a status wrong, because there is none to leave. Where a version is live is no status
either: that is a pointer, one for each environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from promptops.domain.errors import IllegalTransition, InvalidUsage, shown
from promptops.domain.version import VersionRecord

#: `published`: not measured yet. `evaluated`: its newest evidence passed, or was inconclusive, which is
#: enough for a low risk. `failed`: it did neither. `released`: in some environment, now or before.
#: `revoked`: released nowhere again while that holds.
Status = Literal["published", "evaluated", "failed", "released", "revoked"]
#: What may follow what. Measuring again may turn a verdict; what was released once stays so; and a revocation
#: that is taken back leaves what was there before it.
TRANSITIONS: Mapping[Status, tuple[Status, ...]] = {
    "published": ("evaluated", "failed", "revoked"),
    "evaluated": ("failed", "released", "revoked"),
    "failed": ("evaluated", "revoked"),
    "released": ("revoked",),
    "revoked": ("published", "evaluated", "failed", "released"),
}


@dataclass(frozen=True)
class Facts:
    """What a status is computed from: the newest verdict, empty where there is none, and two claims."""

    verdict: Literal["", "pass", "fail", "inconclusive", "error"] = ""
    released: bool = False
    revoked: bool = False

    @property
    def status(self) -> Status:
        if self.revoked:
            return "revoked"
        if self.released:
            return "released"
        if self.verdict:
            return "evaluated" if self.verdict in ("pass", "inconclusive") else "failed"
        return "published"


def status_of(record: VersionRecord, *, released: bool) -> Status:
    """The status of a version that was, or was not, ever released in some environment."""
    verdict = record.evidence.verdict if record.evidence else ""
    return Facts(verdict, released, bool(record.revoked_reason)).status


def check_transition(before: Status, after: Status) -> Status:
    """The status after; raises IllegalTransition where a version cannot go there from the one before."""
    if after != before and after not in TRANSITIONS[before]:
        raise IllegalTransition(
            f"a version that is {before} does not become {after}",
            f"From there it becomes {' or '.join(TRANSITIONS[before])}.",
        )
    return after


def parse_status(text: str) -> Status:
    """The status of that name; raises InvalidUsage naming those there are."""
    for status in TRANSITIONS:
        if text == status:
            return status
    raise InvalidUsage(f"unknown status {shown(text)}", f"Known: {', '.join(TRANSITIONS)}.")
