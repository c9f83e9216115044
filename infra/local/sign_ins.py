"""Sign-ins to the approval page for the demo's people, with passwords of their own."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from infra.local.clients import root_client
from infra.local.instance import Instance
from infra.local.people import DEMO_PEOPLE

# One of each kind that the pool's password policy asks for, behind enough that nobody guesses.
_KINDS = "-aA1"


def give_sign_ins(instance: Instance) -> Instance:
    """The instance with a password for each person who signs in; passwords that were given before stay."""
    pools = root_client(instance, "cognito-idp")
    pool = instance.outputs["UserPoolId"]
    groups = [group["GroupName"] for group in pools.list_groups(UserPoolId=pool)["Groups"]]
    passwords = dict(instance.passwords)
    for person in DEMO_PEOPLE:
        if not person.signs_in:
            continue
        password = passwords.setdefault(person.email, secrets.token_urlsafe(12) + _KINDS)
        _give_user(pools, pool, person.email, password)
        pools.admin_set_user_password(
            UserPoolId=pool, Username=person.email, Password=password, Permanent=True
        )
        for group in groups if person.approves else ():
            pools.admin_add_user_to_group(UserPoolId=pool, Username=person.email, GroupName=group)
    with_passwords = replace(instance, passwords=passwords)
    with_passwords.save()
    return with_passwords


def _give_user(pools: Any, pool: str, email: str, password: str) -> None:
    attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    try:
        pools.admin_create_user(
            UserPoolId=pool,
            Username=email,
            UserAttributes=attributes,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
    except pools.exceptions.UsernameExistsException:
        return
