"""What an installation is told in `cdk.json` and on the command line, read once and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from constructs import Construct

from infra import context_models as models
from infra import context_values as values
from infra.context_values import Endpoint, Environment, InvalidContext, LockMode, Mfa, Model
from infra.target import CLOUD, Target
from promptops.contract.asked_models import AskedModel
from promptops.contract.names import DEFAULT_PREFIX, endpoint_kind
from promptops.domain.people import Person
from promptops.domain.question import ModelName

#: An inline Map runs no more iterations at a time, whatever it is told.
MAX_CONCURRENCY = 40

_READERS: dict[str, Callable[[Any], Any]] = {
    "prefix": values.prefix,
    "environments": values.environments,
    "people": values.people,
    "models": models.models,
    "endpoints": models.endpoints,
    "mail_from": values.optional_email,
    "oncall_emails": values.emails,
    "mfa": values.one_of("mfa", "optional", "required"),
    "log_days": values.log_days,
    "lock_mode": values.one_of("lock_mode", "GOVERNANCE", "COMPLIANCE"),
    **{name: models.cap(name) for name in ("evaluation_max_usd_per_run", "evaluation_max_usd_per_day")},
    "evaluation_concurrency": values.count("evaluation_concurrency", MAX_CONCURRENCY),
    **{
        name: values.count(name)
        for name in (
            "ttl_seconds",
            "chunk_cases",
            "request_hours",
            "approval_hours",
            "retention_days",
            "evaluation_retention_days",
        )
    },
}


def _read(name: str, value: object) -> Any:
    try:
        return _READERS[name](value)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidContext(f"{name} is {value!r}; write it as docs/deploy.md says") from error


@dataclass(frozen=True)
class Context:
    """One installation. `environments` in promotion order; numbers carry their unit."""

    prefix: str = DEFAULT_PREFIX
    environments: tuple[Environment, ...] = (
        Environment("dev"),
        Environment("staging"),
        Environment("prod", "required"),
    )
    people: tuple[Person, ...] = ()
    models: tuple[Model, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    mail_from: str = ""
    oncall_emails: tuple[str, ...] = ()
    mfa: Mfa = "optional"
    ttl_seconds: int = 60
    chunk_cases: int = 10
    evaluation_concurrency: int = 5
    evaluation_max_usd_per_run: str = "25"
    evaluation_max_usd_per_day: str = "250"
    request_hours: int = 72
    approval_hours: int = 48
    lock_mode: LockMode = "GOVERNANCE"
    retention_days: int = 365
    evaluation_retention_days: int = 30
    log_days: int = 90
    target: Target = field(default=CLOUD)

    @classmethod
    def of(cls, scope: Construct) -> Context:
        """The context of the app: `promptops` in `cdk.json`, single values overridden by `-c name=value`."""
        given = dict(scope.node.try_get_context("promptops") or {})
        for name in (*_READERS, "target", "localPort", "localAuthors"):
            override = scope.node.try_get_context(name)
            if override is not None:
                given[name] = override
        return cls.from_dict(given)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Context:
        """The checked context; raises InvalidContext."""
        rest = dict(given)
        target = Target.named(
            str(rest.pop("target", "cloud")), rest.pop("localPort", None), str(rest.pop("localAuthors", ""))
        )
        unknown = sorted(set(rest) - set(_READERS))
        if unknown:
            raise InvalidContext(f"context has no {unknown[0]!r}; known: {', '.join(_READERS)}")
        read = {name: _read(name, value) for name, value in rest.items()}
        read["people"] = (*read.get("people", ()), *target.people)
        read["mail_from"] = read.get("mail_from") or target.mail_from
        context = cls(**read, target=target)
        context.check_paces()
        return context

    @property
    def accepted_model_kinds(self) -> tuple[str, ...]:
        """Whose reports are evidence here."""
        return (*self.target.accepted_model_kinds, *(endpoint_kind(each.name) for each in self.endpoints))

    @property
    def asked_models(self) -> list[AskedModel]:
        """Every model with its provider, its limit and its price."""
        listed = {"bedrock": self.models, **{each.name: each.models for each in self.endpoints}}
        return [
            AskedModel(ModelName(model.id, provider), model.requests_per_minute, model.price)
            for provider, models in listed.items()
            for model in models
        ]

    def check_paces(self) -> None:
        """Raises InvalidContext where functions that share a model's limit could not ask once a minute."""
        for model in self.asked_models:
            if 0 < model.requests_per_minute < self.evaluation_concurrency:
                raise InvalidContext(
                    f"requests_per_minute of {model.name.id} is {model.requests_per_minute}, shared by "
                    f"{self.evaluation_concurrency} functions; raise it or lower evaluation_concurrency"
                )

    @property
    def environment_names(self) -> tuple[str, ...]:
        return tuple(environment.name for environment in self.environments)

    def stack_name(self, name: str) -> str:
        """The stack's name; another prefix than the default is part of it, so two installations fit."""
        return name if self.prefix == DEFAULT_PREFIX else f"{name}-{self.prefix}"
