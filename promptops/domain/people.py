"""Who acts, and which identities are one person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

ActorKind = Literal["iam", "oidc", "system"]

_USER_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:user/.+")
_SSO_SESSION = re.compile(r"arn:aws[a-z-]*:sts::\d{12}:assumed-role/(AWSReservedSSO_[^/]+)/(.+)")


@dataclass(frozen=True)
class Actor:
    """The identity AWS or the sign-in vouched for; never one that a caller claimed.

    `identity` is an ARN (iam), an e-mail address (oidc) or the name of our own part (system).
    """

    kind: ActorKind
    identity: str

    def to_dict(self) -> dict[str, str]:
        return {"kind": self.kind, "identity": self.identity}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Actor:
        kind = document["kind"]
        assert kind in ("iam", "oidc", "system")
        return cls(kind, str(document["identity"]))

    def __str__(self) -> str:
        return self.identity.rsplit("/", 1)[-1] if self.kind == "iam" else self.identity


@dataclass(frozen=True)
class Person:
    """One human with the identities that are theirs.

    `iam`: user ARNs, or `AWSReservedSSO_<set>/<session>` of IAM Identity Center; `emails`: sign-in and git.
    """

    name: str
    emails: tuple[str, ...] = ()
    iam: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, object]:
        return {"name": self.name, "emails": list(self.emails), "iam": list(self.iam)}


class People:
    """The map that joins IAM principal, e-mail address and git author of one person."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._by_email: dict[str, Person] = {}
        self._by_iam: dict[str, Person] = {}
        for person in people:
            self._by_email.update({email.casefold(): person for email in person.emails})
            self._by_iam.update(dict.fromkeys(person.iam, person))

    def __iter__(self) -> Iterator[Person]:
        """Each person once, in the map's order."""
        return iter(dict.fromkeys([*self._by_email.values(), *self._by_iam.values()]))

    def by_email(self, email: str) -> Person | None:
        return self._by_email.get(email.strip().casefold())

    def of(self, actor: Actor) -> Person | None:
        """The human behind an identity, or None.

        Only IAM users and single-sign-on sessions can be one: the session name of any other role is chosen
        by whoever assumes it and proves nothing.
        """
        if actor.kind == "oidc":
            return self.by_email(actor.identity)
        if actor.kind == "iam":
            if _USER_ARN.fullmatch(actor.identity):
                return self._by_iam.get(actor.identity)
            session = _SSO_SESSION.fullmatch(actor.identity)
            if session:
                role = re.sub(r"_[0-9a-f]{16}$", "", session.group(1))
                return self._by_iam.get(f"{role}/{session.group(2)}")
        return None

    def name_of(self, actor: Actor) -> str:
        """The person's name, or the identity as it is where it is nobody's."""
        person = self.of(actor)
        return person.name if person else str(actor)

    @classmethod
    def from_list(cls, documents: Iterable[Mapping[str, object]]) -> People:
        """The map written in `cdk.json`: a list of `{name, emails, iam}`."""
        return cls(
            Person(str(item["name"]), _texts(item.get("emails")), _texts(item.get("iam")))
            for item in documents
        )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else ()
