"""A request to release: what the workflow carries the id of."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

from promptops.domain.errors import IllegalTransition, InvalidReason, RequestExpired, UnknownRequest, shown
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.visible import hidden_at

SCHEMA = 1
MAX_REASON_CHARS = 500
RequestKind = Literal["promote", "evaluate"]
#: Where a request stands; the last four are ends.
RequestStatus = Literal[
    "requested", "evaluating", "waiting", "promoting", "released", "evaluated", "refused", "failed"
]
ENDS: tuple[RequestStatus, ...] = ("released", "evaluated", "refused", "failed")
#: What may follow what. A step of the workflow may be repeated, so that a status may follow itself; an end is
#: one. `waiting` and `promoting` take turns where several environments ask for approval.
TRANSITIONS: Mapping[RequestStatus, tuple[RequestStatus, ...]] = {
    "requested": ("requested", "evaluating", "promoting", "evaluated", "refused", "failed"),
    "evaluating": ("evaluating", "promoting", "evaluated", "refused", "failed"),
    "promoting": ("promoting", "waiting", "released", "refused", "failed"),
    "waiting": ("waiting", "promoting", "released", "refused", "failed"),
    "released": (),
    "evaluated": (),
    "refused": (),
    "failed": (),
}


@dataclass(frozen=True)
class Step:
    """One moment of a request's progress, in words for people."""

    at: str
    text: str


@dataclass(frozen=True)
class ReleaseRequest:
    """Bound to the exact content, policy and base revision it was made for.

    `path` holds the environments to walk, in order, the last one being `environment`; an `evaluate` request
    has none. `report_sha256` is filled in once there is evidence. The id names the environment whose ledger
    holds the row: `prod-4f1c…`. An evaluation compares with what is live in `against`, and with `full` asks
    every case.
    """

    request_id: str
    kind: RequestKind
    environment: str
    prompt_id: str
    version: int
    sha256: str
    policy_sha256: str
    base_revision: int
    path: tuple[str, ...]
    reason: str
    actor: Actor
    requested_at: str
    expires_at: str
    status: RequestStatus = "requested"
    report_sha256: str = ""
    execution_arn: str = ""
    error: Mapping[str, object] | None = None
    steps: tuple[Step, ...] = ()
    against: str = ""
    full: bool = False

    @property
    def ref(self) -> PromptRef:
        return PromptRef(self.prompt_id, self.version)

    @property
    def compared_in(self) -> str:
        """The environment whose live version the evidence compares with; empty for none."""
        return self.environment if self.kind == "promote" else self.against

    @property
    def ended(self) -> bool:
        return self.status in ENDS

    def step(self, at: str, text: str, **changes: object) -> ReleaseRequest:
        """The request one step on; raises IllegalTransition to a status that may not follow this one."""
        following = replace(self, steps=(*self.steps, Step(at, text)), **changes)  # type: ignore[arg-type]
        if following.status not in TRANSITIONS[self.status]:
            raise illegal_step(self, following.status)
        return following

    def check_live(self, now: str) -> None:
        if now >= self.expires_at:
            raise RequestExpired(
                f"request {self.request_id} expired at {self.expires_at}", "Run promptops promote again."
            )

    def to_dict(self) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            **asdict(self),
            "actor": self.actor.to_dict(),
            "path": list(self.path),
            "steps": [asdict(step) for step in self.steps],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> ReleaseRequest:
        fields = {key: value for key, value in document.items() if key != "schema"}
        fields["actor"] = Actor.from_dict(document["actor"])  # type: ignore[arg-type]
        fields["path"] = tuple(document["path"])  # type: ignore[arg-type]
        fields["steps"] = tuple(Step(**step) for step in document["steps"])  # type: ignore[attr-defined]
        return cls(**fields)  # type: ignore[arg-type]


def predecessors(status: RequestStatus) -> tuple[RequestStatus, ...]:
    """The statuses a stored request may have when this one is to replace it."""
    return tuple(before for before, following in TRANSITIONS.items() if status in following)


def illegal_step(stored: ReleaseRequest, status: RequestStatus) -> IllegalTransition:
    what = f"request {stored.request_id} is {stored.status} and cannot become {status}"
    return IllegalTransition(what, "Look at it again: promptops show tells what happened.")


def new_id(environment: str) -> str:
    """An unguessable id that names the ledger its row is in: `{environment}-{32 hex digits}`."""
    return f"{environment}-{secrets.token_hex(16)}"


def environment_of(identifier: str) -> str:
    """The environment an id of `new_id` names; raises UnknownRequest for other texts."""
    environment, dash, token = identifier.rpartition("-")
    if not dash or len(token) != 32 or not all(character in "0123456789abcdef" for character in token):
        raise UnknownRequest(
            f"{shown(identifier)} is not an id of ours", "Copy it from promptops promote or the mail."
        )
    return environment


def check_reason(reason: object, name: str = "reason") -> str:
    """The reason, if it is one to three lines of text a person wrote; raises InvalidReason."""
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidReason("the reason is empty", 'Say why, e.g. --reason "shorter answers, ticket OPS-12".')
    if len(reason) > MAX_REASON_CHARS:
        raise InvalidReason(
            f"the {name} has {len(reason)} characters, limit {MAX_REASON_CHARS}", "Shorten it."
        )
    if any((ord(character) < 32 and character != "\n") or ord(character) == 127 for character in reason):
        raise InvalidReason(f"the {name} holds control characters", "Write plain text.")
    hidden = next(hidden_at(reason), None)
    if hidden is not None:
        what = f"character {hidden + 1} of the {name} is U+{ord(reason[hidden]):04X}, which nobody sees"
        raise InvalidReason(what, "Write plain text.")
    return reason.strip()
