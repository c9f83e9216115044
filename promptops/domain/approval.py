"""The human task: one decision about exact bytes, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

from promptops.domain.errors import (
    AlreadyDecided,
    ApprovalExpired,
    ApprovalRejected,
    ApprovalRequired,
    ApprovalStale,
    IllegalTransition,
    SelfApproval,
    UnknownPerson,
)
from promptops.domain.people import Actor, People, Person

SCHEMA = 1
ApprovalStatus = Literal["PENDING", "APPROVED", "REJECTED", "SUPERSEDED"]
Decision = Literal["APPROVED", "REJECTED"]
#: What may follow what: whatever becomes of an approval, it becomes once.
TRANSITIONS: Mapping[ApprovalStatus, tuple[ApprovalStatus, ...]] = {
    "PENDING": ("APPROVED", "REJECTED", "SUPERSEDED"),
    "APPROVED": (),
    "REJECTED": (),
    "SUPERSEDED": (),
}


@dataclass(frozen=True)
class Subject:
    """What a decision is about; it counts for nothing else."""

    environment: str
    prompt_id: str
    version: int
    sha256: str
    report_sha256: str
    policy_sha256: str
    base_revision: int


@dataclass(frozen=True)
class Approval:
    """One open or decided approval. `authors` are all who wrote anything between live and candidate."""

    approval_id: str
    request_id: str
    subject: Subject
    reason: str
    requested_by: Actor
    authors: tuple[str, ...]
    publishers: tuple[Actor, ...]
    requested_at: str
    expires_at: str
    status: ApprovalStatus = "PENDING"
    decided_by: Actor | None = None
    decided_at: str = ""
    comment: str = ""
    consumed_by: str = ""

    def become(self, status: ApprovalStatus, **changes: object) -> Approval:
        """The approval in its next status; raises IllegalTransition where that may not follow this one."""
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(
                f"approval {self.approval_id} is {self.status} and cannot become {status}",
                "Nothing changed; promptops approvals lists what is open.",
            )
        return replace(self, status=status, **changes)  # type: ignore[arg-type]

    def decider(self, actor: Actor, people: People, now: str) -> Person:
        """The person who may decide this, now.

        Raises AlreadyDecided, ApprovalExpired, UnknownPerson or SelfApproval. The requester and every author
        must be known people: otherwise nobody can be shown to be somebody else. A pipeline, which is nobody,
        may publish if it names the authors.
        """
        if self.status != "PENDING":
            raise self.already_decided()
        if now >= self.expires_at:
            what = f"the approval expired at {self.expires_at}"
            raise ApprovalExpired(what, "Ask the requester to promote again.")
        person = people.of(actor)
        if person is None:
            raise UnknownPerson(
                f"{actor} is nobody in the people map", "Add IAM principal and e-mail to people in cdk.json."
            )
        for email in self.authors:
            author = people.by_email(email)
            if author is None:
                raise UnknownPerson(
                    f"author {email} is nobody in the people map",
                    "Add the address to people in cdk.json and deploy.",
                )
            if author == person:
                what = f"{person.name} wrote part of this change"
                raise SelfApproval(what, "Another approver must decide.")
        for known in (self.requested_by, *(() if self.authors else self.publishers)):
            if people.of(known) is None:
                raise UnknownPerson(
                    f"{known}, who requested or published this, is nobody in the people map",
                    "Add the principal to people in cdk.json, or have somebody known publish and promote.",
                )
        if person in [people.of(known) for known in (self.requested_by, *self.publishers)]:
            raise SelfApproval(f"requested or published by {person.name}", "Another approver must decide.")
        return person

    def check_grants(self, subject: Subject, now: str) -> None:
        """Returns if this approval allows exactly that release now; raises the PolicyRefused that says no."""
        if self.status == "REJECTED":
            what = f"rejected by {self.decided_by}: {self.comment}"
            raise ApprovalRejected(what, "Change the prompt and publish.")
        if self.status == "SUPERSEDED":
            raise ApprovalRequired(self._superseded(), "Follow that one: promptops approvals lists it.")
        if self.status != "APPROVED" or self.consumed_by:
            raise ApprovalRequired(
                f"approval {self.approval_id} is {'used' if self.consumed_by else self.status.lower()}",
                "Another person must approve this release.",
            )
        if now >= self.expires_at:
            what = f"the approval expired at {self.expires_at}"
            raise ApprovalExpired(what, "Run promptops promote again.")
        self.check_current(subject)

    def check_current(self, subject: Subject) -> None:
        """Returns if what was asked about still would be released; raises ApprovalStale naming what moved."""
        bound, wanted = asdict(self.subject), asdict(subject)
        for name, value in wanted.items():
            if bound[name] != value:
                raise ApprovalStale(
                    f"{name} was {str(bound[name])[:12]}, now {str(value)[:12]}",
                    "Run promptops promote again.",
                )

    def already_decided(self) -> AlreadyDecided:
        """What a second decision is told."""
        if self.status == "SUPERSEDED":
            return AlreadyDecided(self._superseded(), "Decide that one: promptops approvals lists it.")
        what = f"{self.status.lower()} by {self.decided_by} at {self.decided_at}"
        return AlreadyDecided(what, "Nothing changed; ask the requester for a new request.")

    def _superseded(self) -> str:
        return f"approval {self.approval_id} is superseded by another request for {self.subject.prompt_id}"

    def to_dict(self) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            **asdict(self),
            "requested_by": self.requested_by.to_dict(),
            "publishers": [actor.to_dict() for actor in self.publishers],
            "decided_by": self.decided_by.to_dict() if self.decided_by else None,
            "authors": list(self.authors),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Approval:
        fields = {key: value for key, value in document.items() if key != "schema"}
        fields["subject"] = Subject(**document["subject"])  # type: ignore[arg-type]
        fields["requested_by"] = Actor.from_dict(document["requested_by"])  # type: ignore[arg-type]
        fields["publishers"] = tuple(Actor.from_dict(item) for item in document["publishers"])  # type: ignore[attr-defined]
        decided_by = document["decided_by"]
        fields["decided_by"] = Actor.from_dict(decided_by) if decided_by else None  # type: ignore[arg-type]
        fields["authors"] = tuple(document["authors"])  # type: ignore[arg-type]
        return cls(**fields)  # type: ignore[arg-type]
