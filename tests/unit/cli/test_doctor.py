"""doctor: every finding has a status, a failed one its exit code, and each trouble one next step."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from promptops.cli.checkup import CHECKS, Check, check_all
from promptops.domain.errors import EndpointDown, MissingCredentials
from tests.unit.cli.stack import Stack, run


class Missing(Exception):
    """A service's ResourceNotFoundException."""


class FakeClients:
    """Answers of AWS by service, changed by a test before doctor asks."""

    exceptions = SimpleNamespace(ResourceNotFoundException=Missing)
    meta = SimpleNamespace(endpoint_url="https://bedrock.eu-central-1.amazonaws.com")

    def __init__(self) -> None:
        self.account: dict[str, Any] = {"SendingEnabled": True, "ProductionAccessEnabled": True}
        self.layers = [
            {"Arn": "arn:aws:lambda:eu-central-1:017:layer:AWSLambdaPowertoolsPythonV3-python314-arm64:7"}
        ]
        self.model = {"authorizationStatus": "AUTHORIZED", "entitlementAvailability": "AVAILABLE"}
        self.asked: list[str] = []

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws:iam::111122223333:user/alice"}

    def get_account(self) -> dict[str, Any]:
        return self.account

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:
        assert FunctionName == "prompt-ops-resolve"
        return {"Layers": self.layers}

    def get_foundation_model_availability(self, *, modelId: str) -> dict[str, Any]:
        self.asked.append(modelId)
        if not self.model:
            raise Missing
        return self.model


class FakeSession:
    """A session whose profile names this CA bundle."""

    profile_name, region_name = "alice", "eu-central-1"

    def __init__(self, ca_bundle: str = "") -> None:
        self._session = self
        self._ca_bundle = ca_bundle

    def get_config_variable(self, name: str) -> str:
        return self._ca_bundle


@pytest.fixture
def aws(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> FakeClients:
    clients = FakeClients()
    monkeypatch.setattr(stack.line, "client", lambda service: clients)
    stack.line.__dict__["session"] = FakeSession()
    monkeypatch.chdir(Path(__file__).parents[3])
    return clients


def found(stack: Stack) -> dict[str, dict[str, Any]]:
    return {item["check"]: item for item in stack.document("doctor")["checks"]}


def test_all_well(stack: Stack, aws: FakeClients) -> None:
    result = stack.run("doctor")

    assert result.exit_code == 0
    assert stack.document("doctor")["ok"] is True
    assert {item["status"] for item in found(stack).values()} == {"ok"}
    assert found(stack)["credentials"]["text"].endswith("user/alice")
    assert "AWSLambdaPowertoolsPythonV3" in found(stack)["Powertools"]["text"]
    assert all("." in model and not model.startswith("us.") for model in aws.asked)


def test_a_sandbox_of_ses_is_a_warning_with_a_next_step(stack: Stack, aws: FakeClients) -> None:
    aws.account = {"SendingEnabled": True, "ProductionAccessEnabled": False}

    assert found(stack)["mail"]["status"] == "warn"
    assert "Verify each approver" in found(stack)["mail"]["next_step"]
    assert stack.run("doctor").exit_code == 0


def test_models_without_access_are_named(stack: Stack, aws: FakeClients) -> None:
    aws.model = {"authorizationStatus": "NOT_AUTHORIZED", "entitlementAvailability": "NOT_AVAILABLE"}

    assert found(stack)["models"]["status"] == "warn"
    assert "anthropic" in found(stack)["models"]["text"]


def test_the_local_aws_has_no_catalogue_of_models_to_ask(
    stack: Stack, aws: FakeClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws, "meta", SimpleNamespace(endpoint_url="https://127.0.0.1:4566"))
    aws.model = {}

    assert (found(stack)["models"]["status"], aws.asked) == ("ok", [])


def test_a_profile_that_is_not_there_is_a_finding_of_its_own() -> None:
    checks = json.loads(run("doctor", "--profile", "nobody", "--json").stdout)["checks"]

    assert [(item["check"], item["status"], item["exit_code"]) for item in checks] == [("profile", "fail", 2)]


def test_a_model_bedrock_does_not_know_is_named(stack: Stack, aws: FakeClients) -> None:
    aws.model = {}

    assert "does not know us.anthropic" in found(stack)["models"]["text"]


def test_what_aws_says_unexpectedly_is_a_finding_too(
    stack: Stack, aws: FakeClients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strange() -> None:
        raise ClientError({"Error": {"Code": "BadRequestException", "Message": "?"}}, "GetAccount")

    monkeypatch.setattr(aws, "get_account", strange)

    assert found(stack)["mail"]["text"] == "AWS answered GetAccount with BadRequestException"
    assert stack.run("doctor").exit_code == 0


def test_a_function_without_powertools_is_a_warning(stack: Stack, aws: FakeClients) -> None:
    aws.layers = []

    assert found(stack)["Powertools"]["status"] == "warn"


def test_other_releases_are_a_warning(stack: Stack, aws: FakeClients) -> None:
    stack.line.__dict__["installation"] = replace(stack.line.installation, release="9.9.9")

    assert found(stack)["release"]["status"] == "warn"
    assert "9.9.9" in found(stack)["release"]["text"]


def test_a_ca_bundle_that_is_not_there_fails_and_ends_the_checkup(stack: Stack, aws: FakeClients) -> None:
    stack.line.__dict__["session"] = FakeSession("/nowhere/ca.pem")

    document = stack.document("doctor")

    assert document["ok"] is False
    assert [item["status"] for item in document["checks"]] == ["ok", "fail"]
    assert "AWS_CA_BUNDLE" in document["checks"][1]["next_step"]
    assert stack.run("doctor").exit_code == 6


def test_an_api_that_is_down_fails(stack: Stack, aws: FakeClients, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise EndpointDown("GET https://api.example/ got no answer", "Check the network.")

    monkeypatch.setattr(stack.api, "reach", down)

    assert found(stack)["API"]["status"] == "fail"
    assert stack.run("doctor").exit_code == 6


def test_only_needed_checks_end_the_checkup(stack: Stack) -> None:
    def refused(_: object) -> Any:
        raise MissingCredentials("no AWS credentials were found", "Sign in.")

    findings = check_all((Check("one", refused), Check("two", refused, needed=True), CHECKS[0]), stack.line)

    assert [(item.check, item.status, item.exit_code) for item in findings] == [
        ("one", "warn", 0),
        ("two", "fail", 2),
    ]
    assert findings[1].next_step == "Sign in."
