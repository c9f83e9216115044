"""The standard AWS variables with which every SDK, the `cdk` and our own commands talk to an instance."""

from __future__ import annotations

import os
import shlex

from infra.local.instance import REGION, Instance

# Variables that would win over the ones we set.
_SHADOWING = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_DEFAULT_PROFILE",
)


def as_person(instance: Instance, person: str) -> dict[str, str]:
    """What a demo person exports; their keys lie in the instance's own AWS files."""
    return {**_place(instance), "AWS_PROFILE": person}


def as_root(instance: Instance) -> dict[str, str]:
    """A whole environment for a subprocess that deploys: the caller's, with the emulator's root in it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **inherited,
        **_place(instance),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def exports(instance: Instance, person: str) -> str:
    """Shell lines for `eval`: what is set, and what is unset because it would win."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in as_person(instance, person).items()]
    return "\n".join([*lines, f"unset {' '.join(_SHADOWING)}"])


def _place(instance: Instance) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": instance.endpoint,
        "AWS_CA_BUNDLE": str(instance.certificate),
        "NODE_EXTRA_CA_CERTS": str(instance.certificate),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(instance.folder / "aws" / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(instance.folder / "aws" / "credentials"),
    }
