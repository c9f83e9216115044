"""An installation as the stateful test drives it: in memory, or deployed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from promptops.contract.answers import Reconciled
from promptops.contract.messages import Promoted
from promptops.domain.approval import Approval
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Head, Release
from promptops.domain.policy import Risk
from promptops.domain.report import Report
from promptops.domain.version import VersionRecord

#: A person's name; the system knows their identities.
Name = Literal["alice", "bob", "carol"]
Service = Literal["dynamodb", "ssm", "s3", "states"]
#: What a system can do beside its commands: a rule that needs one of these is left out without it.
Capability = Literal["faults", "outages", "time", "approvals", "evidence", "writes"]


@dataclass(frozen=True)
class Fault:
    """What happens to one command, at its call number `at` from 1 on.

    `crash`: the process ends after the call. `lost reply`: the writing call is done and seems not to be.
    `throttled`: the call is refused. `meanwhile`: another command runs just before it.
    """

    kind: Literal["crash", "lost reply", "throttled", "meanwhile"]
    at: int
    meanwhile: str = ""


@dataclass(frozen=True)
class Used:
    """What a client got; `read_at` is the system's time when its pointer was last read."""

    version: int
    revision: int
    sha256: str
    bytes_sha256: str
    stale: bool
    read_at: float
    text: str


class Client(Protocol):
    """One process of an application."""

    environment: str
    ttl_seconds: float

    def use(self, prompt_id: str, ticket: str) -> Used:
        """Resolve and render; raises PromptOpsError."""


class Died(Exception):
    """The process that ran the command is gone."""


class System(Protocol):
    """Commands raise PromptOpsError, or Died; what is looked at is the truth, whatever is out of order."""

    #: What ids of operations begin with: two systems over one installation never share one.
    name: str
    environments: tuple[str, ...]
    prompts: tuple[str, ...]
    capabilities: frozenset[Capability]

    def recover(self) -> None: ...
    def tick(self, seconds: float) -> None: ...
    def now(self) -> float: ...

    def publish(self, prompt_id: str, content: int, risk: Risk) -> PromptRef: ...
    def promote(self, ref: PromptRef, environment: str, by: Name) -> None:
        """All the way, evaluated and approved by somebody else where it needs to be."""

    def roll_back(
        self, prompt_id: str, environment: str, *, to: int, op_id: str, reason: str
    ) -> Promoted: ...
    def retire(self, prompt_id: str, environment: str, *, op_id: str, reason: str) -> Promoted: ...
    def drill(self, prompt_id: str, environment: str, *, op_id: str, reason: str) -> None: ...
    def revoke(self, ref: PromptRef) -> None: ...
    def unrevoke(self, ref: PromptRef) -> None: ...
    def freeze(self, environment: str) -> None: ...
    def unfreeze(self, environment: str) -> None: ...
    def reconcile(self, environment: str) -> Reconciled: ...
    def put_by_hand(self, environment: str, prompt_id: str, text: str) -> None: ...
    def delete_by_hand(self, environment: str, prompt_id: str) -> None: ...
    def client(self, environment: str, ttl_seconds: float) -> Client: ...

    def head(self, environment: str, prompt_id: str) -> Head: ...
    def releases(self, environment: str, prompt_id: str) -> Sequence[Release]:
        """All, oldest first."""

    def pointer(self, environment: str, prompt_id: str) -> str | None: ...
    def proven(self, environment: str, ref: PromptRef) -> bool: ...
    def archived(self, environment: str, release: Release) -> bool:
        """Whether exactly this row has its copy in the archive."""

    def versions(self) -> Mapping[PromptRef, VersionRecord]: ...
    def frozen(self, environment: str) -> bool: ...
    def asks_approval(self, environment: str) -> bool: ...
    def approval(self, environment: str, approval_id: str) -> Approval: ...
    def report(self, release: Release) -> Report | None:
        """The report a release names, if it holds the bytes it was named by."""

    def forbidden_writes(self) -> Sequence[str]:
        """Pointers our code wrote that named nothing committed."""

    def everything_kept(self) -> str:
        """All rows, objects, pointers and log lines, as one text."""

    def close(self) -> None: ...


class Laboratory(System, Protocol):
    """A system with every capability. What lacks one lacks what it stands for here: no rule asks for that."""

    def under(self, fault: Fault, meanwhile: Callable[[], object]) -> AbstractContextManager[None]: ...
    def outage(self, service: Service) -> None: ...
    def evaluate(self, ref: PromptRef, *, good: bool, other_bytes: bool) -> None: ...
    def ask(self, ref: PromptRef, environment: str, by: Name) -> str:
        """The request's id; empty where it is live already."""

    def decide(self, request_id: str, environment: str, by: Name, *, approve: bool) -> None: ...
    def carry_on(self, request_id: str) -> None:
        """What the workflow does with a request, as far as it goes now."""

    def person(self, approval: Approval) -> tuple[str, frozenset[str]]:
        """Who decided an approval, and who must not have."""
