"""What a caller might say about being somebody else, everywhere it could be said."""

from __future__ import annotations

import json

from infra.local.instance import ACCOUNT
from promptops.domain.people import Actor


def user(name: str) -> Actor:
    """A demo person by their IAM user, as the ledger names them."""
    return Actor("iam", f"arn:aws:iam::{ACCOUNT}:user/{name}")


def fields_claiming(name: str) -> dict[str, object]:
    """Fields of a body or a payload."""
    actor = user(name).to_dict()
    return {
        "actor": actor,
        "published_by": actor,
        "decided_by": actor,
        "authorizer": _authorizer(name),
        "requestContext": {"authorizer": _authorizer(name)},
    }


def headers_claiming(name: str) -> dict[str, str]:
    return {
        "x-actor": user(name).identity,
        "x-amzn-iam-user-arn": user(name).identity,
        "x-amzn-request-context": json.dumps({"authorizer": _authorizer(name)}),
        "x-forwarded-user": f"{name}@example.com",
    }


def _authorizer(name: str) -> dict[str, object]:
    return {"iam": {"userArn": user(name).identity}}
