"""People who get, for a while, rights to decide that they do not have; and their sign-in to the page."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from infra.approvers import GROUP
from infra.local.demo.browser import FormBrowser
from infra.local.instance import ACCOUNT
from tests.e2e.conftest import LocalAws

_TOKEN = re.compile(r'name="token" value="([^"]+)"')


@contextmanager
def approvers_policy_of(aws: LocalAws, person: str) -> Iterator[None]:
    """The person may call the route that decides."""
    iam, policy = aws.client("iam"), aws.instance.outputs["PolicyApprover"]
    iam.attach_user_policy(UserName=person, PolicyArn=policy)
    try:
        yield
    finally:
        iam.detach_user_policy(UserName=person, PolicyArn=policy)


@contextmanager
def approvers_role(aws: LocalAws) -> Iterator[str]:
    """The ARN of a role that may call the route that decides, and that anybody of the account may assume."""
    iam, policy = aws.client("iam"), aws.instance.outputs["PolicyApprover"]
    anybody = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {"Effect": "Allow", "Principal": anybody, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="some-approver", AssumeRolePolicyDocument=document)["Role"]
    iam.attach_role_policy(RoleName=role["RoleName"], PolicyArn=policy)
    try:
        yield role["Arn"]
    finally:
        iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=policy)
        iam.delete_role(RoleName=role["RoleName"])


@contextmanager
def approvers_group_with(aws: LocalAws, email: str) -> Iterator[None]:
    """Whoever signs in with this address is in the group of approvers."""
    pools, membership = aws.client("cognito-idp"), {"Username": email, "GroupName": GROUP}
    pools.admin_add_user_to_group(UserPoolId=aws.instance.outputs["UserPoolId"], **membership)
    try:
        yield
    finally:
        pools.admin_remove_user_from_group(UserPoolId=aws.instance.outputs["UserPoolId"], **membership)


@contextmanager
def stranger(aws: LocalAws, email: str) -> Iterator[str]:
    """The password of somebody who can sign in, and who is nobody in the people map."""
    pools = aws.client("cognito-idp")
    who = {"UserPoolId": aws.instance.outputs["UserPoolId"], "Username": email}
    password = f"{secrets.token_urlsafe(12)}-aA1"
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    pools.admin_create_user(
        **who, UserAttributes=attributes, TemporaryPassword=password, MessageAction="SUPPRESS"
    )
    pools.admin_set_user_password(**who, Password=password, Permanent=True)
    try:
        yield password
    finally:
        pools.admin_delete_user(**who)


def signed_in(aws: LocalAws, email: str, page: str, password: str = "") -> FormBrowser:
    """A browser of somebody who opened the page, signed in and came back to it."""
    browser = FormBrowser(aws.instance.certificate)
    browser.open(page)
    browser.press("Sign in")
    browser.fill("username", email)
    browser.fill("password", password or aws.instance.passwords[email])
    browser.press("Sign in")
    return browser


def form_token(browser: FormBrowser) -> str:
    """What makes a decision from this page count; empty where the page has no form to decide with."""
    found = _TOKEN.search(browser.answers[-1][1].body.decode())
    return found.group(1) if found else ""
