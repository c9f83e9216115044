"""The way to an installation: what is missing is named, with one next step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.cli.line import Line, open_line
from promptops.contract.names import installation_parameter, people_parameter, settings_parameter
from promptops.domain.errors import AccessRefused, NotInstalled, UnknownEnvironment
from tests.unit.cli.stack import run

INSTALLATION = {
    "schema": 1,
    "environments": ["dev", "prod"],
    "registry_table": "registry",
    "ledger_tables": {"prod": "ledger-prod", "dev": "ledger-dev"},
    "artifact_bucket": "artifacts",
    "api_url": "https://api.example",
    "approval_page_url": "https://api.example/approvals",
    "state_machine_arn": "arn",
    "region": "eu-central-1",
    "release": "0.1.0",
    "of_a_newer_stack": True,
}


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """An environment without credentials, profiles, Region or endpoint."""
    for name in (
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_CA_BUNDLE",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "PROMPTOPS_ACCOUNT",
        "PROMPTOPS_PREFIX",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


@pytest.fixture
def account(somebody: None) -> Iterator[Any]:
    """SSM of an account in memory."""
    with mock_aws():
        yield boto3.client("ssm", region_name="eu-central-1")


def put(ssm: Any, name: str, document: object) -> None:
    ssm.put_parameter(Name=name, Value=json.dumps(document), Type="String")


@pytest.mark.parametrize(
    ("expected", "code"),
    [("", "E_NOT_INSTALLED"), ("123456789012", "E_NOT_INSTALLED"), ("222222222222", "E_ACCOUNT")],
)
def test_only_the_account_that_is_meant_is_asked(
    account: Any, monkeypatch: pytest.MonkeyPatch, expected: str, code: str
) -> None:
    monkeypatch.setenv("PROMPTOPS_ACCOUNT", expected)

    for command in (
        ("show", "support-ticket"),
        ("rollback", "support-ticket", "--env", "dev", "--reason", "bad"),
    ):
        assert run(*command).stderr.startswith(f"{code}: ")


def test_no_region_is_named() -> None:
    result = run("show", "support-ticket")

    assert (result.exit_code, result.stderr) == (
        2,
        "E_CREDENTIALS: no AWS Region is set. Set AWS_REGION or pass --region.\n",
    )


def test_no_credentials_are_named() -> None:
    result = run("show", "support-ticket", "--region", "eu-central-1")

    assert result.exit_code == 2
    assert result.stderr.startswith("E_CREDENTIALS: no AWS credentials were found. ")


def test_an_unknown_profile_is_named() -> None:
    result = run("show", "support-ticket", "--profile", "none-such")

    assert result.exit_code == 2
    assert result.stderr.startswith("E_CREDENTIALS: there is no AWS profile 'none-such'. ")


def test_variables_of_a_local_aws_that_is_gone_say_how_to_get_it_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:29493")
    monkeypatch.setenv("AWS_PROFILE", "alice")

    result = run("show", "support-ticket")

    assert (result.exit_code, result.stderr) == (
        2,
        "E_CREDENTIALS: there is no AWS profile 'alice'. "
        'Run promptops local up, then eval "$(promptops local env)" again, or unset AWS_ENDPOINT_URL.\n',
    )


def test_an_endpoint_that_is_down_exits_6(somebody: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("promptops.cli.line.ATTEMPTS", 1)

    result = run("show", "support-ticket")

    assert result.exit_code == 6
    assert result.stderr.startswith("E_ENDPOINT: ssm:GetParameter got no answer")
    assert result.stderr.count("\n") == 1


def test_a_refused_look_names_what_it_looked_for_and_where(
    somebody: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(line: Line, name: str) -> str:
        raise AccessRefused("ssm:GetParameter answered AccessDeniedException", "Ask.")

    monkeypatch.setattr(Line, "_parameter", refuse)

    result = run("show", "support-ticket", "--prefix", "other")

    assert (result.exit_code, result.stderr) == (
        4,
        "E_ACCESS: ssm:GetParameter answered AccessDeniedException. Ask for a policy of the stack's outputs, "
        "or check --region and --prefix: this looked for /other/installation in eu-central-1.\n",
    )


def test_an_account_without_an_installation_is_named(account: Any) -> None:
    result = run("show", "support-ticket")

    assert result.exit_code == 6
    assert "E_NOT_INSTALLED: there is no parameter /prompt-ops/installation" in result.stderr


def test_the_prefix_comes_from_option_or_variable(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "/other/installation" in run("show", "support-ticket", "--prefix", "other").stderr
    monkeypatch.setenv("PROMPTOPS_PREFIX", "another")
    assert "/another/installation" in run("show", "support-ticket").stderr


def test_a_prefix_that_is_none_is_refused() -> None:
    result = run("show", "support-ticket", "--prefix", "../x")

    assert (result.exit_code, result.stderr[:9]) == (2, "E_USAGE: ")


def test_an_installation_is_read_also_of_a_newer_stack(account: Any) -> None:
    put(account, installation_parameter("prompt-ops"), INSTALLATION)

    line = open_line("", "", "prompt-ops")

    assert line.installation.api_url == "https://api.example"
    assert line.ledgers.names == ("dev", "prod")


def test_a_stack_of_another_release_is_said(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    put(account, installation_parameter("prompt-ops"), {**INSTALLATION, "release": "9.9.9"})

    _ = open_line("", "", "prompt-ops").installation

    assert "the stack 9.9.9: upgrade the older of the two" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["not json", "[]", '{"schema": 1}'])
def test_an_installation_that_cannot_be_read_says_so(account: Any, text: str) -> None:
    account.put_parameter(Name=installation_parameter("prompt-ops"), Value=text, Type="String")

    with pytest.raises(NotInstalled, match="cannot be read"):
        _ = open_line("", "", "prompt-ops").installation


def test_a_reader_needs_only_the_settings_of_the_environment(account: Any) -> None:
    put(
        account,
        settings_parameter("prompt-ops", "prod"),
        {
            "artifact_bucket": "a",
            "region": "eu-central-1",
            "ttl_seconds": 30,
            "api_url": "https://api.example",
        },
    )

    assert open_line("", "", "prompt-ops").settings("prod").artifact_bucket == "a"


def test_an_unknown_environment_is_told_from_a_missing_installation(account: Any) -> None:
    with pytest.raises(NotInstalled):
        open_line("", "", "prompt-ops").settings("production")

    put(account, installation_parameter("prompt-ops"), INSTALLATION)

    with pytest.raises(UnknownEnvironment, match="Known: dev, prod"):
        open_line("", "", "prompt-ops").settings("production")


def test_people_are_those_of_the_map(account: Any) -> None:
    put(
        account,
        people_parameter("prompt-ops"),
        [{"name": "Alice", "emails": ["alice@example.com"], "iam": []}],
    )

    assert [person.name for person in open_line("", "", "prompt-ops").people] == ["Alice"]
    assert list(open_line("", "", "other").people) == []
