"""Where an installation runs: in an AWS account, or on this machine.

Every difference between the two templates comes from a field of `Target`, and is listed in
`infra/local/differences.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws

from infra.context_values import InvalidContext
from promptops.domain.people import Person

_LOCAL_ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Target:
    """What the place decides. `local_port` is 0 in an account."""

    local_port: int = 0
    model_kind: str = "bedrock"
    accepted_model_kinds: tuple[str, ...] = ("bedrock",)
    people: tuple[Person, ...] = ()
    mail_from: str = ""
    requires_if_none_match: bool = True

    @classmethod
    def named(cls, name: str, port: object = None, authors: str = "") -> Target:
        """The target called `cloud` or `local`; local needs the port its AWS listens on.

        `authors` are addresses, comma-separated, that are all alice's on this machine.
        """
        if name == "cloud":
            return CLOUD
        if name == "local" and str(port).isdecimal():
            return _local(int(str(port)), tuple(filter(None, authors.split(","))))
        raise InvalidContext(
            f"target is {name!r}, localPort {port!r}; use cloud, or local with -c localPort=<port>"
        )

    def api_url(self, api_id: str) -> str:
        if self.local_port:
            return f"https://{api_id}.execute-api.localhost:{self.local_port}"
        return f"https://{api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"

    def sign_in_url(self, domain: str) -> str:
        """Base of the hosted sign-in pages: `/oauth2/authorize` and `/oauth2/token` are under it."""
        if self.local_port:
            return f"https://localhost:{self.local_port}"
        return f"https://{domain}.auth.{Aws.REGION}.amazoncognito.com"


CLOUD = Target()


def _local(port: int, authors: tuple[str, ...]) -> Target:
    return Target(
        local_port=port,
        model_kind="standin",
        accepted_model_kinds=("bedrock", "standin"),
        people=(_demo_person("alice", *authors), *map(_demo_person, ("bob", "carol"))),
        mail_from="promptops@example.com",
        requires_if_none_match=False,
    )


def _demo_person(name: str, *more_emails: str) -> Person:
    emails = (f"{name}@example.com", *more_emails)
    return Person(name.title(), emails, (f"arn:aws:iam::{_LOCAL_ACCOUNT}:user/{name}",))
