"""What callers send to the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promptops.contract.messages import Message


@dataclass(frozen=True)
class PublishBody(Message):
    """POST /v1/publish: a source document, its cases as JSON lines, and who wrote it.

    With `version` (`v12`) it is that version or none.
    """

    source: Mapping[str, object]
    dataset: str = ""
    authors: tuple[str, ...] = ()
    commit: str = ""
    version: str = ""


@dataclass(frozen=True)
class DatasetBody(Message):
    """POST /v1/datasets: sensitive cases as JSON lines, compressed with gzip, in base64."""

    cases: str


@dataclass(frozen=True)
class PromoteBody(Message):
    """POST /v1/{env}/promote; `version` is `v12`."""

    prompt_id: str
    version: str
    reason: str = ""


@dataclass(frozen=True)
class EvaluateBody(Message):
    """POST /v1/{env}/evaluate; `version` is `v12`.

    Compared with what is live in `against`, if it is named; with `full` every case is asked.
    """

    prompt_id: str
    version: str
    against: str = ""
    full: bool = False


@dataclass(frozen=True)
class RollbackBody(Message):
    """POST /v1/{env}/rollback; without `to_version` the newest earlier release that is not revoked.

    `from_version` is the version the caller saw live; if another one is, nothing is done.
    """

    prompt_id: str
    reason: str
    to_version: str = ""
    op_id: str = ""
    from_version: str = ""


@dataclass(frozen=True)
class DrillBody(Message):
    """POST /v1/{env}/drill: roll back and forth, timed."""

    prompt_id: str
    reason: str
    op_id: str = ""


@dataclass(frozen=True)
class RetireBody(Message):
    """POST /v1/{env}/retire: the prompt is served no longer in this environment."""

    prompt_id: str
    reason: str
    op_id: str = ""


@dataclass(frozen=True)
class RevokeBody(Message):
    """POST /v1/revoke and /v1/unrevoke: one version, in all environments; `version` is `v12`."""

    prompt_id: str
    version: str
    reason: str


@dataclass(frozen=True)
class FreezeBody(Message):
    """POST /v1/{env}/freeze and /unfreeze."""

    reason: str


@dataclass(frozen=True)
class DecisionBody(Message):
    """POST /v1/approvals/{approval_id}; `decision` is approve or reject."""

    decision: str
    comment: str = ""


@dataclass(frozen=True)
class ResolveBody(Message):
    """POST /v1/resolve, and the payload of a direct invocation of `resolve`.

    Without `variables` (null) the messages come back as templates, with it rendered.
    """

    prompt_id: str
    environment: str
    variables: Mapping[str, object] | None = None


@dataclass(frozen=True)
class ObserveBody(Message):
    """POST /v1/observe: records of uses, each with environment, prompt_id, version and what was measured."""

    records: list[Mapping[str, object]]
