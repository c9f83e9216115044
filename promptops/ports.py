"""The outside world as the stages see it; adapters implement these, tests have them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from promptops.domain.approval import Approval, Decision
from promptops.domain.artifact import Artifact
from promptops.domain.drift import Drift
from promptops.domain.errors import PromptOpsError
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release
from promptops.domain.people import Actor, People
from promptops.domain.report import Evidence, Report
from promptops.domain.request import ReleaseRequest
from promptops.domain.restriction import Restriction
from promptops.domain.version import Family, VersionRecord

T = TypeVar("T", covariant=True)
#: How long a call may still take, without end where nobody counts.
SecondsLeft = Callable[[], float]
#: Who is told of each row that is none of ours, so that the rows beside it can be read; else it is raised.
Unreadable = Callable[[PromptOpsError], object]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a listing; `next` continues it and is empty at its end."""

    items: Sequence[T]
    next: str = ""


class Clock(Protocol):
    def now(self) -> str:
        """UTC, ISO 8601 with microseconds and `Z`; sorts as text."""

    def later(self, hours: float) -> str:
        """The moment so many hours from now, in the same form."""


class Registry(Protocol):
    """All versions of all prompts."""

    def family(self, prompt_id: str) -> Family | None: ...

    def version(self, ref: PromptRef) -> VersionRecord:
        """Raises UnknownPrompt or UnknownVersion (which names the versions there are)."""

    def versions(self, prompt_id: str) -> Sequence[VersionRecord]:
        """Newest first; raises UnknownPrompt."""

    def records(self, refs: Sequence[PromptRef]) -> Mapping[PromptRef, VersionRecord]:
        """Those of them that are published, in few calls."""

    def families(
        self, *, owner: str = "", tag: str = "", prefix: str = "", limit: int = 50, after: str = ""
    ) -> Page[Family]:
        """Families in the order of their ids: all, or those of an owner, with a tag, with ids that begin so.

        `after` is the `next` of the page before. Read from an index: a family published this moment may lack.
        """

    def labelled(self, prompt_id: str, label: str) -> PromptRef | None:
        """The version that has this label."""

    def commit(self, record: VersionRecord, *, after: Family | None) -> bool:
        """Add the row, its label and its tags if the family still is `after`; False if it moved on.

        Raises Immutable if another version has its label.
        """

    def link_evidence(self, ref: PromptRef, evidence: Evidence) -> None: ...

    def restrictions(self, prompt_id: str) -> Sequence[Restriction]:
        """Every revocation of its versions and every one taken back, newest first."""

    def restrict(self, restriction: Restriction) -> None:
        """Add it to the log of its prompt and to its version; raises Conflict if the log moved on."""

    def revocations(self, unreadable: Unreadable | None = None) -> Sequence[Restriction]:
        """Those in force now, of all prompts; strongly consistent."""

    def last_restrictions(self, unreadable: Unreadable | None = None) -> Sequence[Restriction]:
        """The last entry about each version that ever was revoked, of all prompts; strongly consistent."""

    def mark_archived(self, prompt_id: str, version: int) -> None:
        """Every record up to this version has its copy in the archive."""


class Artifacts(Protocol):
    """Write-once prompt artifacts."""

    def create(self, ref: PromptRef, content: bytes) -> str | None:
        """The object's version id, also if the same bytes were there before; None if other bytes are."""

    def load(self, record: VersionRecord) -> Artifact:
        """Verified; raises ArtifactMissing or DigestMismatch."""


class Datasets(Protocol):
    """Evaluation cases, in the restricted bucket."""

    def store(self, content: bytes) -> str:
        """The key; the same bytes have the same key."""

    def load(self, key: str, sha256: str) -> bytes:
        """Raises DatasetChanged when the bytes are others."""


class Reports(Protocol):
    def store(self, report: Report) -> Evidence:
        """Written once."""

    def load(self, evidence: Evidence) -> Report:
        """Raises EvidenceMismatch when the bytes are not the ones linked."""


@dataclass(frozen=True)
class Commit:
    """One release to be committed atomically, with everything that must still hold.

    `lower_environment` is the one below, None for the lowest; the approval is consumed with the release.
    """

    release: Release
    expected_head: Head
    lower_environment: str | None
    approval: Approval | None


class Ledger(Protocol):
    """One environment's ledger."""

    environment: str

    def head(self, prompt_id: str) -> Head:
        """Strongly consistent; revision 0 where nothing was released."""

    def heads(
        self, prompt_ids: Sequence[str] | None = None, unreadable: Unreadable | None = None
    ) -> Sequence[Head]:
        """Of these prompts, or of every prompt ever released here, in the order of their ids."""

    def frozen_because(self) -> str:
        """Why promotions are frozen here; empty when they are not."""

    def restrictions(self, limit: int = 50) -> Sequence[Restriction]:
        """Every freeze and every one lifted, newest first; strongly consistent."""

    def restrict(self, restriction: Restriction) -> None:
        """Add it to the log and let it hold; raises Conflict if the log moved on."""

    def archived(self) -> Mapping[str, int]:
        """Up to which revision each prompt's releases have their copies in the archive."""

    def mark_archived(self, prompt_id: str, revision: int) -> None: ...

    def note_drift(self, drift: Drift) -> None:
        """Keep it in the place of one of the same prompt and moment."""

    def drifts(self, since: str = "", limit: int = 50) -> Sequence[Drift]:
        """What the reconciler found since that moment, newest first."""

    def commit(self, commit: Commit) -> Release:
        """The release now in the ledger: this one, or the first result of the same op_id.

        One transaction: version registered with this digest and not revoked, released in the lower
        environment, no freeze, head unmoved, approval consumed, release row, operation row. A freeze stops
        promotions only; rollback, drill and adopt demand instead that the version was released here before;
        retire and revoke, which take the head's own version out of service, demand the head alone.
        Raises Conflict naming the winner, Revoked, OutOfOrder, Frozen, ApprovalRequired, NeverReleased, or
        IdempotencyMismatch when the op_id did something else.
        """

    def releases(self, prompt_id: str, limit: int = 50) -> Sequence[Release]:
        """Newest first."""

    def release_of_operation(self, op_id: str) -> Release | None: ...

    def release(self, prompt_id: str, revision: int) -> Release:
        """Strongly consistent; raises NotReleased."""

    def was_released(self, ref: PromptRef) -> bool: ...

    def request(self, request_id: str) -> ReleaseRequest:
        """Raises UnknownRequest."""

    def put_request(self, request: ReleaseRequest) -> None:
        """Create or update; raises RequestEnded instead of overwriting an ended one."""

    def approval(self, approval_id: str) -> Approval:
        """Raises UnknownApproval."""

    def approval_of_request(self, request_id: str) -> Approval | None: ...

    def open_approvals(self) -> Sequence[Approval]: ...

    def open_approval(self, approval: Approval, task_token: str) -> Approval | None:
        """Store it as the one open approval of its prompt; returns the one it superseded.

        Opening again for the same request replaces the token and keeps the approval.
        """

    def decide(
        self, approval: Approval, decision: Decision, actor: Actor, comment: str, now: str
    ) -> Approval:
        """One decision, if it still is pending and not expired; raises AlreadyDecided."""

    def task_token(self, approval_id: str) -> str: ...


class Ledgers(Protocol):
    """The ledgers of all environments, in promotion order."""

    names: tuple[str, ...]

    def __getitem__(self, environment: str) -> Ledger:
        """Raises UnknownEnvironment."""


class Pointers(Protocol):
    """Runtime pointers of one environment."""

    def read(self, prompt_id: str) -> str | None:
        """The raw value, None where there is no parameter."""

    def read_many(self, prompt_ids: Sequence[str]) -> Mapping[str, str]:
        """The raw values of those that have a parameter, in few calls."""

    def write(self, prompt_id: str, value: str) -> None: ...

    def last_writer(self, prompt_id: str) -> str:
        """The ARN of who wrote the current value."""


class ReleaseRecords(Protocol):
    """Create-only proofs that a version was released in an environment."""

    def create(self, release: Release) -> None:
        """Harmless when it is there already."""

    def read(self, prompt_id: str, version: int) -> Release | None: ...


class Archive(Protocol):
    """Copies of every audit row in the locked bucket: written once, read to verify and to restore."""

    def keep(self, key: str, document: Mapping[str, object]) -> None:
        """Harmless when it is there already; raises DigestMismatch if it is there with another content."""

    def read(self, key: str) -> Mapping[str, object] | None: ...

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys that begin so, in order."""


class Alarms(Protocol):
    """The alarms of served versions in one environment."""

    def project(self, served: Sequence[PromptRef]) -> None:
        """Have each served version's alarms, and none of versions no longer served."""


class Workflow(Protocol):
    def execution_arn(self, request_id: str) -> str:
        """The ARN the request's execution has, or will have."""

    def start(self, request_id: str, environment: str) -> None:
        """Harmless when it runs or ran already."""

    def wake(self, task_token: str, outcome: Mapping[str, object]) -> bool:
        """False when the task no longer waits."""


class Directory(Protocol):
    """Who is whom, and who may approve now."""

    def people(self) -> People: ...

    def is_approver(self, email: str) -> bool:
        """Group membership at this moment."""

    def approvers(self) -> frozenset[str]:
        """The verified e-mail addresses of all who may approve at this moment, in lower case."""


class Mail(Protocol):
    def send(self, to: Sequence[str], subject: str, text: str, html: str) -> bool:
        """False when mail is off or refused; never raises, a mail is no record."""
