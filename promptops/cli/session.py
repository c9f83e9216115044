"""The caller's AWS session, from the standard chain: variables, profiles, single sign-on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from promptops.domain.errors import MissingCredentials, shown

if TYPE_CHECKING:
    import boto3


def open_session(profile: str, region: str) -> boto3.Session:
    """A session with Region and credentials; raises MissingCredentials naming what is not there."""
    import boto3
    from botocore.exceptions import ProfileNotFound

    try:
        session = boto3.Session(
            profile_name=profile or None, region_name=region or os.environ.get("AWS_REGION") or None
        )
    except ProfileNotFound as error:
        from promptops.aws.error_mapping import LOOPBACK, ON_THIS_MACHINE

        name = shown(profile or os.environ.get("AWS_PROFILE", ""))
        local = not profile and LOOPBACK in os.environ.get("AWS_ENDPOINT_URL", "")
        fix = ON_THIS_MACHINE if local else "List the profiles with: aws configure list-profiles."
        raise MissingCredentials(f"there is no AWS profile {name}", fix) from error
    if not session.region_name:
        raise MissingCredentials("no AWS Region is set", "Set AWS_REGION or pass --region.")
    if session.get_credentials() is None:
        fix = "Set AWS_PROFILE, sign in with aws sso login, or pass --profile."
        raise MissingCredentials("no AWS credentials were found", fix)
    return session
