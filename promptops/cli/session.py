"""The caller's AWS session, from the standard chain: variables, profiles, single sign-on."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from promptops.domain.errors import InvalidUsage, MissingCredentials, WrongAccount, shown

if TYPE_CHECKING:
    import boto3

#: The only account the caller means to talk to; 12 digits.
EXPECTED_ACCOUNT = "PROMPTOPS_ACCOUNT"
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_PATIENCE_SECONDS = 5
_WHERE_FROM = f"{EXPECTED_ACCOUNT} says which account is meant"


def open_session(profile: str, region: str) -> boto3.Session:
    """A session with Region and credentials, of the expected account where one is named.

    Raises MissingCredentials naming what is not there, InvalidUsage or WrongAccount.
    """
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
    if not _REGION.fullmatch(session.region_name):
        raise InvalidUsage(f"{shown(session.region_name)} is not an AWS Region", "Write e.g. eu-central-1.")
    if session.get_credentials() is None:
        fix = "Set AWS_PROFILE, sign in with aws sso login, or pass --profile."
        raise MissingCredentials("no AWS credentials were found", fix)
    _check_account(session, os.environ.get(EXPECTED_ACCOUNT, ""))
    return session


def _check_account(session: boto3.Session, expected: str) -> None:
    """Returns if no account is expected, or this one; costs one call where one is."""
    if not expected:
        return
    if not _ACCOUNT.fullmatch(expected):
        what = f"{EXPECTED_ACCOUNT} is {shown(expected)}"
        raise InvalidUsage(what, "Write the account's 12 digits, or unset it.")
    from botocore.config import Config

    from promptops.aws.error_mapping import mapped

    patience = Config(connect_timeout=_PATIENCE_SECONDS, read_timeout=_PATIENCE_SECONDS)
    with mapped("sts:GetCallerIdentity"):
        found = session.client("sts", config=patience).get_caller_identity()["Account"]
    if found != expected:
        what = f"these credentials are of account {found}, expected {expected}"
        raise WrongAccount(what, f"Set AWS_PROFILE or --profile to one of {expected}; {_WHERE_FROM}.")
