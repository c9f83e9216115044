"""One local AWS for the whole run, with a name of its own: a person's `promptops local up` is left alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from configparser import ConfigParser
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from infra.local.bring_up import bring_up, take_down
from infra.local.clients import root_client
from infra.local.demo.people import Person
from infra.local.environment import as_person
from infra.local.instance import REGION, Instance
from infra.local.loopback import fetch

NO_RETRIES = Config(retries={"total_max_attempts": 1, "mode": "standard"})


@dataclass(frozen=True)
class LocalAws:
    """A deployed installation and the people who use it."""

    instance: Instance

    def person(self, name: str) -> Person:
        return Person(name, as_person(self.instance, name))

    def client(self, service: str, person: str = "") -> Any:
        """A boto3 client with a person's rights; without one, with the rights of the account's root."""
        if not person:
            return root_client(self.instance, service)
        return self._client_in(self.session(person), service)

    def session(self, person: str) -> boto3.Session:
        """A boto3 session with a person's credentials."""
        return boto3.Session(**self._keys(person), region_name=REGION)

    def client_of_role(self, service: str, function: str) -> Any:
        """A boto3 client with exactly the rights a function's role has."""
        role = self.client("lambda").get_function_configuration(FunctionName=function)["Role"]
        return self._client_in(self.session_of_role(role, name="test"), service)

    def session_of_role(self, role: str, *, name: str) -> boto3.Session:
        """A session of that name, begun by the account's root, which every trust policy here lets in."""
        credentials = self.client("sts").assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        return boto3.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            region_name=REGION,
        )

    def invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What a function answers to a direct invocation, as only the account's root may make it."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(payload))
        document: dict[str, Any] = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, document
        return document

    def model_requests(self) -> int:
        """How many completions the stand-in model was asked for since it started."""
        return int(json.loads(fetch(f"{self.instance.model_url}/requests").body)["count"])

    def _client_in(self, session: boto3.Session, service: str) -> Any:
        return session.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.instance.endpoint,
            verify=str(self.instance.certificate),
            config=NO_RETRIES,
        )

    def _keys(self, person: str) -> dict[str, str]:
        profiles = ConfigParser()
        profiles.read(as_person(self.instance, person)["AWS_SHARED_CREDENTIALS_FILE"])
        return {name: profiles[person][name] for name in ("aws_access_key_id", "aws_secret_access_key")}


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    name = f"e2e-{os.getpid()}"
    try:
        yield LocalAws(bring_up(name))
    finally:
        take_down(name)
