"""The values an installation's context is made of, read from JSON and checked one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from promptops.domain.people import Person

_ENVIRONMENT = re.compile(r"[a-z][a-z0-9]{1,15}")
_RESERVED_ENVIRONMENTS = frozenset({"installation", "people", "approvals"})
_PREFIX = re.compile(r"(?!aws|ssm)[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MAX_PREFIX_CHARS = 20
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")

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
    """A Bedrock model. With `regions` the id is an inference profile that may route to them."""

    id: str
    regions: tuple[str, ...] = ()


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
    read = tuple(Environment(item["name"], choose(item.get("approval", "none"))) for item in value)
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
        Person(item["name"], emails(item.get("emails", ())), tuple(item.get("iam", ()))) for item in value
    )


def models(value: Iterable[Mapping[str, Any]]) -> tuple[Model, ...]:
    return tuple(Model(item["id"], tuple(item.get("regions", ()))) for item in value)


def emails(value: Iterable[str]) -> tuple[str, ...]:
    return tuple(email(address) for address in value)


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


def count(name: str) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not str(value).isdecimal() or int(str(value)) < 1:
            raise InvalidContext(f"{name} is {value!r}; write a whole number of at least 1")
        return int(str(value))

    return read
