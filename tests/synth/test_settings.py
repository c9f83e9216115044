"""What the stacks write, the functions and clients can read."""

from __future__ import annotations

import json

import pytest

from infra.context_values import InvalidContext
from promptops.contract import settings
from promptops.contract.settings import EnvironmentSettings, Installation, Settings
from promptops.domain.evaluation.prices import Price
from promptops.domain.people import Actor, People
from promptops.domain.question import ModelName
from tests.synth.deployed import Deployed, deploy

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


ENDPOINT = {
    "name": "other",
    "url": "https://models.example.org/v1",
    "secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:models/key-AbCdEf",
    "models": [{"id": "m", "requests_per_minute": 600}, {"id": "n"}],
}


def test_evaluate_knows_its_models_endpoints_and_caps(tmp_path):
    prices = {"input": 0.5, "output": 2, "as_of": "2026-03-01"}
    deployed = deploy(
        tmp_path,
        models=[{"id": "plain"}, {"id": "priced", "prices": prices}],
        endpoints=[ENDPOINT],
        evaluation_max_usd_per_day="none",
    )

    variables = deployed.function("evaluate").properties["Environment"]["Variables"]
    read = settings.EvaluateSettings.from_env(variables)

    assert (read.run_cap_usd, read.day_cap_usd, read.concurrency) == (25.0, None, "5")
    assert [model.name for model in read.asked_models] == [ModelName("priced"), ModelName("m", "other")]
    assert read.asked_models[0].price == Price(0.5, 2.0, "2026-03-01", "cdk.json")
    assert read.asked_models[1].requests_per_minute == 600
    (endpoint,) = read.asked_endpoints
    assert (endpoint.name, endpoint.url, endpoint.models) == ("other", ENDPOINT["url"], ("m", "n"))
    assert read.kind_of(ModelName("plain")) == "bedrock"
    assert read.kind_of(ModelName("m", "other")) == "endpoint/other"
    promote = deployed.function("promote-prod").properties["Environment"]["Variables"]
    assert promote["PROMPTOPS_ACCEPTED_MODEL_KINDS"] == "bedrock,endpoint/other"


def test_no_functions_variables_are_more_than_lambda_takes(cloud: Deployed):
    for verb in KINDS:
        variables = cloud.function(verb).properties["Environment"]["Variables"]
        assert sum(len(name) + len(str(value)) for name, value in variables.items()) < 4096


def test_more_models_than_a_function_can_be_told_of_are_refused(tmp_path):
    many = [{"id": f"some-model-{number}", "requests_per_minute": 60} for number in range(100)]

    with pytest.raises(InvalidContext, match="bytes of settings, and a function takes 3200"):
        deploy(tmp_path, endpoints=[{**ENDPOINT, "models": many}])


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
