"""The values an installation's context is made of, read from JSON and checked one by one."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from promptops.domain.evaluation.prices import Price
from promptops.domain.people import Person

_ENVIRONMENT = re.compile(r"[a-z][a-z0-9]{1,15}")
_RESERVED_ENVIRONMENTS = frozenset({"installation", "people", "approvals"})
_PREFIX = re.compile(r"(?!aws|ssm)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MAX_PREFIX_CHARS = 20
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

#: What CloudWatch Logs can keep a group for.
_LOG_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
             1096, 1827, 2192, 2557, 2922, 3288, 3653)  # fmt: skip

Approval = Literal["required", "none"]
Mfa = Literal["optional", "required"]
LockMode = Literal["GOVERNANCE", "COMPLIANCE"]


class InvalidContext(ValueError):
    """The context in `cdk.json` or after `-c` cannot be deployed; says which value and what it may be."""


@dataclass(frozen=True)
class Environment:
    """One environment; `approval` is `required` where high-risk prompts need another person."""

    name: str
    approval: Approval = "none"


@dataclass(frozen=True)
class Model:
    """A model. With `regions` the id is an inference profile of Bedrock's that may route to them.

    0 requests a minute is no limit; without a price the model has the one of the shipped table, if any.
    """

    id: str
    regions: tuple[str, ...] = ()
    requests_per_minute: int = 0
    price: Price | None = None


@dataclass(frozen=True)
class Endpoint:
    """An address that speaks OpenAI's API, the secret with its key, and the models that may be asked there.

    `key_arn` is the key of KMS the secret is encrypted with, empty for Secrets Manager's own.
    """

    name: str
    url: str
    secret_arn: str
    models: tuple[Model, ...]
    key_arn: str = ""


def prefix(value: str) -> str:
    if not _PREFIX.fullmatch(value) or len(value) > _MAX_PREFIX_CHARS:
        raise InvalidContext(
            f"prefix is {value!r}; use a-z, 0-9 and single '-', at most {_MAX_PREFIX_CHARS} characters, "
            "not beginning with aws or ssm"
        )
    for word in ("aws", "amazon", "cognito"):
        if word in value:
            raise InvalidContext(f"prefix is {value!r}; sign-in domains may not contain {word!r}")
    return value


def environments(value: Iterable[Mapping[str, str]]) -> tuple[Environment, ...]:
    choose = one_of("approval", "required", "none")
    read = tuple(
        Environment(item["name"], choose(item.get("approval", "none")))
        for item in entries("environments", value, "name", "approval")
    )
    names = [environment.name for environment in read]
    if not names or len(set(names)) != len(names):
        raise InvalidContext(f"environments are {names}; name at least one, each once")
    for name in names:
        if not _ENVIRONMENT.fullmatch(name) or name in _RESERVED_ENVIRONMENTS:
            raise InvalidContext(
                f"environment is {name!r}; use 2 to 16 of a-z and 0-9, and none of "
                f"{', '.join(sorted(_RESERVED_ENVIRONMENTS))}"
            )
    return read


def people(value: Iterable[Mapping[str, Any]]) -> tuple[Person, ...]:
    return tuple(
        Person(item["name"], emails(item.get("emails", ())), texts("iam", item.get("iam", ())))
        for item in entries("people", value, "name", "emails", "iam")
    )


def entries(name: str, value: Iterable[Mapping[str, Any]], *known: str) -> Iterator[Mapping[str, Any]]:
    """A list's entries; a misspelled key, which would count as its default, is refused."""
    for item in value:
        for key in item.keys() - set(known):
            raise InvalidContext(f"an entry of {name} has {key!r}; known: {', '.join(known)}")
        yield item


def texts(name: str, value: object) -> tuple[str, ...]:
    """A list's texts; a single text, which would count as a list of its letters, is refused."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise InvalidContext(f"{name} is {value!r}; write a list of texts")
    return tuple(value)


def emails(value: object) -> tuple[str, ...]:
    return tuple(email(address) for address in texts("emails", value))


def email(value: str) -> str:
    if not _EMAIL.fullmatch(value):
        raise InvalidContext(f"{value!r} is not an e-mail address")
    return value


def optional_email(value: str) -> str:
    return email(value) if value else ""


def one_of(name: str, *choices: str) -> Callable[[str], Any]:
    def read(value: str) -> str:
        if value not in choices:
            raise InvalidContext(f"{name} is {value!r}; choose {' or '.join(choices)}")
        return value

    return read


def log_days(value: object) -> int:
    days = count("log_days")(value)
    if days not in _LOG_DAYS:
        raise InvalidContext(f"log_days is {days}; choose one of {', '.join(map(str, _LOG_DAYS))}")
    return days


def count(name: str, most: float = math.inf) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not str(value).isdecimal() or not 1 <= int(str(value)) <= most:
            known = "of at least 1" if most == math.inf else f"from 1 to {most}"
            raise InvalidContext(f"{name} is {value!r}; write a whole number {known}")
        return int(str(value))

    return read
