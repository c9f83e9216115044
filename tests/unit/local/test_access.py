from __future__ import annotations

import configparser
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.access import give_access
from infra.local.instance import Instance, create
from infra.local.people import DEMO_PEOPLE
from infra.local.sign_ins import give_sign_ins

DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    """An instance whose AWS is moto's, with the policies and the pool that a deployment makes."""
    monkeypatch.setattr("infra.local.instance.INSTANCES", tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for module in ("access", "sign_ins"):
        monkeypatch.setattr(f"infra.local.{module}.root_client", lambda _, service: client(service))
    with mock_aws():
        pool = client("cognito-idp").create_user_pool(PoolName="p", UsernameAttributes=["email"])["UserPool"][
            "Id"
        ]
        client("cognito-idp").create_group(GroupName="approvers", UserPoolId=pool)
        wanted = {person.policy or "Administrator" for person in DEMO_PEOPLE}
        policies = {
            name: client("iam").create_policy(PolicyName=name, PolicyDocument=DOCUMENT)["Policy"]["Arn"]
            for name in wanted
        }
        monkeypatch.setattr("infra.local.access.ADMINISTRATOR_POLICY", policies["Administrator"])
        yield replace(create("two", None), outputs={"UserPoolId": pool, **policies})


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]


def policies_of(person: str) -> list[str]:
    attached = client("iam").list_attached_user_policies(UserName=person)["AttachedPolicies"]
    return [policy["PolicyName"] for policy in attached]


def keys_in(instance: Instance) -> configparser.ConfigParser:
    profiles = configparser.ConfigParser()
    profiles.read(instance.folder / "aws" / "credentials")
    return profiles


def test_everybody_gets_the_policy_of_their_work_and_nothing_else(instance: Instance):
    give_access(instance)

    assert {person.name: policies_of(person.name) for person in DEMO_PEOPLE} == {
        "alice": ["PolicyAuthor"], "bob": ["PolicyApprover"], "carol": ["PolicyOnCall"],
        "dave": ["PolicyReader"], "erin": ["Administrator"], "frank": ["PolicyAuditor"],
    }  # fmt: skip


def test_a_second_time_changes_nothing(instance: Instance):
    give_access(instance)
    first = give_sign_ins(instance)
    keys = keys_in(instance)
    give_access(first)

    assert keys_in(instance) == keys
    assert give_sign_ins(first).passwords == first.passwords
    assert policies_of("alice") == ["PolicyAuthor"]


def test_a_policy_of_an_earlier_deployment_is_taken_away(instance: Instance):
    give_access(instance)
    swapped = {**instance.outputs, "PolicyAuthor": instance.outputs["PolicyReader"]}

    give_access(replace(instance, outputs=swapped))

    assert policies_of("alice") == ["PolicyReader"]


def test_a_profile_whose_key_is_gone_gets_a_new_one(instance: Instance):
    give_access(instance)
    lost = keys_in(instance)["bob"]["aws_access_key_id"]
    client("iam").delete_access_key(UserName="bob", AccessKeyId=lost)

    give_access(instance)

    working = client("iam").list_access_keys(UserName="bob")["AccessKeyMetadata"]
    assert (
        [key["AccessKeyId"] for key in working] == [keys_in(instance)["bob"]["aws_access_key_id"]] != [lost]
    )


def test_who_approves_is_in_the_group_and_who_only_writes_is_not(instance: Instance):
    given = give_sign_ins(instance)

    members = client("cognito-idp").list_users_in_group(
        UserPoolId=instance.outputs["UserPoolId"], GroupName="approvers"
    )
    emails = {
        attribute["Value"]
        for user in members["Users"]
        for attribute in user["Attributes"]
        if attribute["Name"] == "email"
    }
    assert emails == {"bob@example.com", "carol@example.com"}
    assert set(given.passwords) == {"alice@example.com", "bob@example.com", "carol@example.com"}
    assert Instance.load("two") == given
