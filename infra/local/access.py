"""IAM users for the demo's people, each with the policy of their work and an AWS profile in the instance."""

from __future__ import annotations

import configparser
import os
from pathlib import Path
from typing import Any

from infra.local.clients import root_client
from infra.local.instance import REGION, Instance
from infra.local.people import ADMINISTRATOR_POLICY, DEMO_PEOPLE, DemoPerson


def give_access(instance: Instance) -> None:
    """Make users, policies and profiles what they should be; keys that still work are kept."""
    iam = root_client(instance, "iam")
    credentials, config = configparser.ConfigParser(), configparser.ConfigParser()
    credentials.read(instance.folder / "aws" / "credentials")
    for person in DEMO_PEOPLE:
        _give_policy(iam, person, instance)
        _give_key(iam, person, credentials)
        config[f"profile {person.name}"] = {"region": REGION}
    _write(credentials, instance.folder / "aws" / "credentials")
    _write(config, instance.folder / "aws" / "config")


def _give_policy(iam: Any, person: DemoPerson, instance: Instance) -> None:
    try:
        iam.create_user(UserName=person.name)
    except iam.exceptions.EntityAlreadyExistsException:
        attached = iam.list_attached_user_policies(UserName=person.name)["AttachedPolicies"]
    else:
        attached = []
    wanted = instance.outputs[person.policy] if person.policy else ADMINISTRATOR_POLICY
    arns = {policy["PolicyArn"] for policy in attached}
    for arn in arns - {wanted}:
        iam.detach_user_policy(UserName=person.name, PolicyArn=arn)
    if wanted not in arns:
        iam.attach_user_policy(UserName=person.name, PolicyArn=wanted)


def _give_key(iam: Any, person: DemoPerson, credentials: configparser.ConfigParser) -> None:
    keys = {key["AccessKeyId"] for key in iam.list_access_keys(UserName=person.name)["AccessKeyMetadata"]}
    if credentials.get(person.name, "aws_access_key_id", fallback="") in keys:
        return
    for lost in keys:
        iam.delete_access_key(UserName=person.name, AccessKeyId=lost)
    key = iam.create_access_key(UserName=person.name)["AccessKey"]
    credentials[person.name] = {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def _write(content: configparser.ConfigParser, path: Path) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        content.write(file)
