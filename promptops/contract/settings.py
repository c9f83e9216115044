"""What each function is told about its surroundings: written by infrastructure, read once at start.

The constructors accept anything, because at synthesis a bucket's name is still a token; `from_env` checks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from promptops.contract.asked_models import (
    AskedEndpoint,
    AskedModel,
    endpoints_from_json,
    models_from_json,
)
from promptops.contract.names import endpoint_kind
from promptops.domain.question import ModelName

T = TypeVar("T", bound="Settings")
#: Instead of US dollars: spend what it takes.
NO_CAP = "none"


class MissingSetting(RuntimeError):
    """A function was deployed without one of its settings; a fault of the stack, never of a caller."""


@dataclass(frozen=True)
class Settings:
    """Base: every field is text, upper-cased as its environment variable with `PROMPTOPS_` before it."""

    def to_env(self) -> dict[str, str]:
        return {_variable(field.name): str(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_env(cls: type[T], environ: Mapping[str, str]) -> T:
        """The settings; raises MissingSetting naming every variable that is absent."""
        missing = [_variable(field.name) for field in fields(cls) if _variable(field.name) not in environ]
        if missing:
            raise MissingSetting(f"{cls.__name__} needs {', '.join(missing)}")
        values: dict[str, Any] = {field.name: environ[_variable(field.name)] for field in fields(cls)}
        return cls(**values)


@dataclass(frozen=True)
class PublishSettings(Settings):
    registry_table: str
    artifact_bucket: str
    evaluation_bucket: str


@dataclass(frozen=True)
class EvaluateSettings(Settings):
    """`model_kind` is `bedrock`, or `standin` where Bedrock's place is taken by a stand-in.

    `models` and `endpoints` are JSON, see asked_models. So many functions work on one evaluation at a time as
    `concurrency` says. A cap is US dollars, or `none`.
    """

    registry_table: str
    artifact_bucket: str
    evaluation_bucket: str
    model_kind: str
    chunk_cases: str
    concurrency: str
    models: str
    endpoints: str
    max_usd_per_run: str
    max_usd_per_day: str

    def kind_of(self, model: ModelName) -> str:
        """What kind of model that is, as a report says it: `bedrock`, `standin` or `endpoint/{name}`."""
        return self.model_kind if model.provider == "bedrock" else endpoint_kind(model.provider)

    @property
    def run_cap_usd(self) -> float | None:
        return _cap(self.max_usd_per_run)

    @property
    def day_cap_usd(self) -> float | None:
        return _cap(self.max_usd_per_day)

    @property
    def asked_models(self) -> list[AskedModel]:
        return models_from_json(self.models)

    @property
    def asked_endpoints(self) -> list[AskedEndpoint]:
        return endpoints_from_json(self.endpoints)


@dataclass(frozen=True)
class PromoteSettings(Settings):
    """Of one `promote-{env}`. `ledger_tables` is JSON `{env: table}` in promotion order."""

    prefix: str
    environment: str
    registry_table: str
    ledger_tables: str
    artifact_bucket: str
    state_machine_arn: str
    approval_required: str
    accepted_model_kinds: str
    request_hours: str
    alarm_topic_arn: str

    @property
    def ledgers(self) -> dict[str, str]:
        return _mapping(self.ledger_tables)

    @property
    def asks_approval(self) -> bool:
        """Whether this environment asks another person for high-risk prompts."""
        return self.approval_required == "true"


@dataclass(frozen=True)
class ApproveSettings(Settings):
    """`page_url` is the only base of every link; `mail_from` is empty where no mail is sent."""

    prefix: str
    registry_table: str
    ledger_tables: str
    artifact_bucket: str
    page_url: str
    sign_in_url: str
    user_pool_id: str
    user_pool_client_id: str
    approvers_group: str
    session_key_id: str
    mail_from: str
    approval_topic_arn: str
    approval_hours: str

    @property
    def ledgers(self) -> dict[str, str]:
        return _mapping(self.ledger_tables)


@dataclass(frozen=True)
class ResolveSettings(Settings):
    """`environments` is a comma-separated list."""

    prefix: str
    environments: str
    artifact_bucket: str
    ttl_seconds: str


@dataclass(frozen=True)
class ObserveSettings(Settings):
    """`environments` is a comma-separated list."""

    prefix: str
    environments: str


@dataclass(frozen=True)
class EnvironmentSettings:
    """The document in `/{prefix}/{env}/settings`: what a client needs to know."""

    artifact_bucket: str
    region: str
    ttl_seconds: int
    api_url: str
    schema: int = 1


@dataclass(frozen=True)
class Installation:
    """The document in `/{prefix}/installation`: what the command line needs to know.

    `environments` in promotion order; `ledger_tables` maps each to its table. `approval_environments` are
    those that ask another person for high-risk prompts.
    """

    environments: list[str]
    registry_table: str
    ledger_tables: Mapping[str, str]
    artifact_bucket: str
    api_url: str
    approval_page_url: str
    state_machine_arn: str
    region: str
    release: str
    approval_environments: list[str] = field(default_factory=list)
    schema: int = 1

    @classmethod
    def from_json(cls, text: str) -> Installation:
        """The installation in the parameter's value; fields of newer stacks are ignored."""
        document = json.loads(text)
        return cls(**{field.name: document[field.name] for field in fields(cls) if field.name in document})


def _variable(name: str) -> str:
    return f"PROMPTOPS_{name.upper()}"


def _cap(text: str) -> float | None:
    return None if text == NO_CAP else float(text)


def _mapping(text: str) -> dict[str, str]:
    document: dict[str, str] = json.loads(text)
    return document
