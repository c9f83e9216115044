"""What `promote-{env}` answers to the API, the workflow's end and the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from promptops.contract.messages import Message


@dataclass(frozen=True)
class Requested(Message):
    """202: the request is stored and its workflow runs."""

    request_id: str
    execution_arn: str
    path: list[str]
    status: str


@dataclass(frozen=True)
class Unchanged(Message):
    """200: these very bytes are live already."""

    environment: str
    prompt_id: str
    version: int
    revision: int
    outcome: str = "unchanged"


@dataclass(frozen=True)
class Restricted(Message):
    """200: the restriction now in force or lifted; `version` is 0 for an environment.

    `released` holds what a revocation made live instead, or took out of service, where this was done at once;
    other environments follow with their next reconciliation.
    """

    scope: str
    kind: str
    version: int
    reason: str
    at: str
    unchanged: bool = False
    released: list[Mapping[str, object]] = field(default_factory=list)


@dataclass(frozen=True)
class Drilled(Message):
    """200: a rollback that was tried and undone; each time is from the call to the pointer's new value."""

    environment: str
    prompt_id: str
    version: int
    other_version: int
    revisions: list[int]
    back_seconds: float
    forth_seconds: float
    evidence_key: str


@dataclass(frozen=True)
class Ended(Message):
    request_id: str
    status: str


@dataclass(frozen=True)
class Reconciled(Message):
    """One pass over an environment; `errors` holds what went wrong, prompt by prompt.

    `repaired` had a pointer that lagged or was missing, `adopted` a bare one typed in an emergency, `refused`
    any other value; `withdrawn` served a version that had been revoked.
    """

    environment: str
    checked: int
    repaired: list[str]
    adopted: list[str]
    refused: list[str]
    withdrawn: list[str]
    errors: list[Mapping[str, object]]
