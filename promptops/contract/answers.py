"""What `promote-{env}` answers to the API, the workflow's end and the schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
class Ended(Message):
    request_id: str
    status: str


@dataclass(frozen=True)
class Reconciled(Message):
    """One pass over an environment; `errors` holds what went wrong, prompt by prompt."""

    environment: str
    checked: int
    repaired: list[str]
    adopted: list[str]
    errors: list[Mapping[str, object]]
