"""People from the installation's parameter, approvers from a Cognito group."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.contract.names import people_parameter
from promptops.domain.people import People

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_cognito_idp.type_defs import UserTypeTypeDef
    from types_boto3_ssm import SSMClient

PEOPLE_SECONDS = 60.0


class CognitoDirectory:
    """The Directory of one installation: people are remembered for a minute, the group is always asked."""

    def __init__(
        self,
        *,
        prefix: str,
        user_pool_id: str,
        group: str,
        ssm: SSMClient,
        cognito: CognitoIdentityProviderClient,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._parameter = people_parameter(prefix)
        self._user_pool_id = user_pool_id
        self._group = group
        self._ssm = ssm
        self._cognito = cognito
        self._monotonic = monotonic
        self._people = People()
        self._fresh_until = float("-inf")

    def people(self) -> People:
        """The people map, at most a minute old; nobody where the parameter does not exist."""
        now = self._monotonic()
        if now >= self._fresh_until:
            self._people = self._read_people()
            self._fresh_until = now + PEOPLE_SECONDS
        return self._people

    def is_approver(self, email: str) -> bool:
        return email.strip().casefold() in self.approvers()

    def approvers(self) -> frozenset[str]:
        """The verified addresses of enabled members; an address nobody verified proves nothing."""
        return frozenset(email for user in self._members() if (email := _verified_email(user)))

    def _read_people(self) -> People:
        with mapped("ssm:GetParameter"):
            try:
                answer = self._ssm.get_parameter(Name=self._parameter)
            except self._ssm.exceptions.ParameterNotFound:
                return People()
        return People.from_list(json.loads(answer["Parameter"]["Value"]))

    def _members(self) -> Iterator[UserTypeTypeDef]:
        with mapped("cognito-idp:ListUsersInGroup"):
            pages = self._cognito.get_paginator("list_users_in_group").paginate(
                UserPoolId=self._user_pool_id, GroupName=self._group
            )
            for page in pages:
                yield from page["Users"]


def _verified_email(user: UserTypeTypeDef) -> str:
    attributes = {item["Name"]: item.get("Value", "") for item in user.get("Attributes", [])}
    if not user.get("Enabled") or attributes.get("email_verified") != "true":
        return ""
    return attributes.get("email", "").strip().casefold()
