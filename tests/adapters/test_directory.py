from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.aws.directory import CognitoDirectory
from promptops.domain.people import Actor

REGION = "eu-central-1"
PEOPLE = [{"name": "Bob", "emails": ["bob@example.com"], "iam": ["arn:aws:iam::111122223333:user/bob"]}]


class Pool:
    """A user pool with the group, and a directory over it whose clock the test moves."""

    def __init__(self) -> None:
        self.ssm = boto3.client("ssm", region_name=REGION)
        self.cognito = boto3.client("cognito-idp", region_name=REGION)
        self.id = self.cognito.create_user_pool(PoolName="people")["UserPool"]["Id"]
        self.cognito.create_group(UserPoolId=self.id, GroupName="approvers")
        self.seconds = 0.0
        self.directory = CognitoDirectory(
            prefix="prompt-ops",
            user_pool_id=self.id,
            group="approvers",
            ssm=self.ssm,
            cognito=self.cognito,
            monotonic=lambda: self.seconds,
        )

    def add(self, email: str, *, verified: str = "true") -> None:
        attributes = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": verified}]
        self.cognito.admin_create_user(UserPoolId=self.id, Username=email, UserAttributes=attributes)
        self.member("admin_add_user_to_group", email)

    def member(self, call: str, email: str) -> Any:
        return getattr(self.cognito, call)(UserPoolId=self.id, Username=email, GroupName="approvers")

    def put_people(self, people: list[dict[str, object]]) -> None:
        self.ssm.put_parameter(
            Name="/prompt-ops/people", Value=json.dumps(people), Type="String", Overwrite=True
        )


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield Pool()


def test_a_member_is_an_approver_however_the_address_is_written(pool: Pool) -> None:
    pool.add("Bob@Example.com")

    assert pool.directory.is_approver(" BOB@example.com ")
    assert not pool.directory.is_approver("eve@example.com")


def test_an_approver_removed_is_none_at_once(pool: Pool) -> None:
    pool.add("bob@example.com")
    assert pool.directory.is_approver("bob@example.com")

    pool.member("admin_remove_user_from_group", "bob@example.com")

    assert not pool.directory.is_approver("bob@example.com")


def test_an_unverified_address_and_a_disabled_user_are_none(pool: Pool) -> None:
    pool.add("eve@example.com", verified="false")
    pool.add("bob@example.com")
    pool.cognito.admin_disable_user(UserPoolId=pool.id, Username="bob@example.com")

    assert pool.directory.approvers() == frozenset()


def test_a_group_larger_than_a_page_is_read_to_its_end(pool: Pool) -> None:
    for number in range(65):
        pool.add(f"person{number}@example.com")

    assert len(pool.directory.approvers()) == 65


def test_people_are_remembered_for_a_minute_and_no_longer(pool: Pool) -> None:
    bob = Actor("oidc", "bob@example.com")
    pool.put_people(PEOPLE)
    assert pool.directory.people().of(bob)
    pool.put_people([])
    pool.seconds = 59.9
    assert pool.directory.people().of(bob)

    pool.seconds = 60.0

    assert pool.directory.people().of(bob) is None


def test_without_the_parameter_nobody_is_known(pool: Pool) -> None:
    assert list(pool.directory.people()) == []
