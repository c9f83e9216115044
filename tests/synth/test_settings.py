"""What the stacks write, the functions and clients can read."""

from __future__ import annotations

import json

import pytest

from promptops.contract import settings
from promptops.contract.settings import EnvironmentSettings, Installation, Settings
from promptops.domain.people import Actor, People
from tests.synth.deployed import Deployed

KINDS: dict[str, type[Settings]] = {
    "publish": settings.PublishSettings,
    "evaluate": settings.EvaluateSettings,
    "approve": settings.ApproveSettings,
    "resolve": settings.ResolveSettings,
    "observe": settings.ObserveSettings,
    "promote-dev": settings.PromoteSettings,
    "promote-staging": settings.PromoteSettings,
    "promote-prod": settings.PromoteSettings,
}


@pytest.mark.parametrize("target", ["cloud", "local"])
@pytest.mark.parametrize("name", KINDS)
def test_each_function_gets_its_settings_and_no_others(
    name: str, target: str, request: pytest.FixtureRequest
):
    deployed: Deployed = request.getfixturevalue(target)
    variables = deployed.function(name).properties["Environment"]["Variables"]
    ours = {key: value for key, value in variables.items() if key.startswith("PROMPTOPS_")}

    read = KINDS[name].from_env(variables)

    assert read.to_env() == ours


@pytest.mark.parametrize(("environment", "asks"), [("dev", False), ("staging", False), ("prod", True)])
def test_promote_knows_the_order_and_where_approval_is_asked(cloud: Deployed, environment: str, asks: bool):
    variables = cloud.function(f"promote-{environment}").properties["Environment"]["Variables"]
    read = settings.PromoteSettings.from_env(variables)

    assert tuple(read.ledgers) == ("dev", "staging", "prod")
    assert read.asks_approval is asks
    assert read.ledgers[environment] == cloud.one("AWS::DynamoDB::Table", f"Ledger{environment.title()}").id
    assert read.state_machine_arn == cloud.arn(cloud.one("AWS::StepFunctions::StateMachine"))


def test_only_the_local_target_accepts_a_standin_as_evidence(cloud: Deployed, local: Deployed):
    def accepted(deployed: Deployed) -> set[str]:
        variables = deployed.function("promote-prod").properties["Environment"]["Variables"]
        return set(variables["PROMPTOPS_ACCEPTED_MODEL_KINDS"].split(","))

    assert accepted(cloud) == {"bedrock"}
    assert accepted(local) == {"bedrock", "standin"}


def test_the_installation_tells_the_command_line_where_everything_is(cloud: Deployed):
    read = Installation.from_json(parameter(cloud, "/prompt-ops/installation"))

    assert read.environments == ["dev", "staging", "prod"]
    assert read.approval_environments == ["prod"]
    assert set(read.ledger_tables) == {"dev", "staging", "prod"}
    assert read.registry_table == cloud.one("AWS::DynamoDB::Table", "Registry").id
    assert read.approval_page_url == f"{read.api_url}/approvals"
    assert read.state_machine_arn.endswith(":stateMachine:prompt-ops-release")


def test_each_environment_tells_its_clients_what_they_need(cloud: Deployed):
    for environment in ("dev", "staging", "prod"):
        document = json.loads(parameter(cloud, f"/prompt-ops/{environment}/settings"))

        read = EnvironmentSettings(**document)

        assert read.artifact_bucket == cloud.one("AWS::S3::Bucket", "Artifacts").id
        assert read.ttl_seconds == 60


def test_the_people_of_the_demonstration_are_known_locally_only(cloud: Deployed, local: Deployed):
    alice = Actor("iam", "arn:aws:iam::000000000000:user/alice")

    assert People.from_list(json.loads(parameter(cloud, "/prompt-ops/people"))).of(alice) is None
    person = People.from_list(json.loads(parameter(local, "/prompt-ops/people"))).of(alice)
    assert person is not None
    assert person.emails == ("alice@example.com",)


def parameter(deployed: Deployed, name: str) -> str:
    (found,) = [each for each in deployed.all("AWS::SSM::Parameter") if each.properties["Name"] == name]
    assert len(found.properties["Value"]) <= 4096
    return str(found.properties["Value"])
