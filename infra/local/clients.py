"""boto3 clients of an instance, with the rights of its root."""

from __future__ import annotations

import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from infra.local.instance import REGION, Instance

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 3, "mode": "standard"})
#: Neither a profile nor a file of the caller's: what a shell still exports may be gone.
_NOBODYS = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def root_client(instance: Instance, service: str) -> Any:
    """A client whose calls IAM never refuses; for what `up` itself sets up."""
    session = boto3.Session(botocore_session=botocore.session.Session(session_vars=_NOBODYS))
    return session.client(
        service,  # type: ignore[call-overload]
        endpoint_url=instance.endpoint,
        verify=str(instance.certificate),
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106
        config=_CONFIG,
    )
