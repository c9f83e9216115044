"""What each policy of the access kit lets its holder do, and what not."""

from __future__ import annotations

import pytest

from promptops.contract import names
from promptops.contract.names import RegistryKeys
from promptops.contract.routes import ROUTES
from tests.synth.deployed import ACCOUNT, REGION, Deployed
from tests.synth.policy_evaluator import Account

KINDS = ("Reader", "Author", "Approver", "OnCall", "Auditor", "Ci")
#: Routes each may call; `/v1/publish` and the like.
CALLS = {
    "Reader": {"/v1/resolve", "/v1/observe"},
    "Author": {"/v1/publish", "/v1/datasets", "/v1/{env}/evaluate", "/v1/{env}/promote"},
    "Approver": {"/v1/approvals/{approval_id}"},
    "OnCall": {
        "/v1/{env}/rollback",
        "/v1/{env}/drill",
        "/v1/{env}/retire",
        "/v1/{env}/freeze",
        "/v1/{env}/unfreeze",
        "/v1/revoke",
        "/v1/unrevoke",
    },
    "Auditor": set(),
    "Ci": {"/v1/publish", "/v1/datasets", "/v1/{env}/evaluate"},
}
PEOPLE = ("Author", "Approver", "OnCall", "Auditor", "Ci")
READ = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")


@pytest.fixture
def account(cloud: Deployed) -> Account:
    return Account(cloud)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_work_calls_its_routes_and_no_others(kind: str, cloud: Deployed, account: Account):
    api = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{cloud.one('AWS::ApiGatewayV2::Api').id}/$default"
    callable_ = {
        route.path
        for route in ROUTES
        if account.ask_kit(kind, "execute-api:Invoke", f"{api}/{route.method}{_called(route.path)}")
        == "allowed"
    }

    assert callable_ == CALLS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_invokes_a_function_around_the_api_but_readers_resolve(
    kind: str, cloud: Deployed, account: Account
):
    invoked = {
        function.name
        for function in cloud.all("AWS::Lambda::Function")
        if account.ask_kit(kind, "lambda:InvokeFunction", cloud.arn(function)) == "allowed"
    }

    assert invoked == ({"prompt-ops-resolve"} if kind == "Reader" else set())


@pytest.mark.parametrize("kind", KINDS)
def test_no_policy_writes_anything_directly(kind: str, cloud: Deployed, account: Account):
    bucket = cloud.arn(cloud.one("AWS::S3::Bucket", "Artifacts"))
    pointer = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/prompt-ops/prod/a/current"
    machine = cloud.arn(cloud.one("AWS::StepFunctions::StateMachine"))
    new = {"s3:if-none-match": "*"}

    assert account.ask_kit(kind, "ssm:PutParameter", pointer) == "not allowed"
    assert account.ask_kit(kind, "s3:PutObject", f"{bucket}/prompts/a/v1.json", **new) == "not allowed"
    assert account.ask_kit(kind, "states:StartExecution", machine) == "not allowed"
    assert account.ask_kit(kind, "states:SendTaskSuccess", machine) == "not allowed"
    for table in cloud.all("AWS::DynamoDB::Table"):
        assert account.ask_kit(kind, "dynamodb:PutItem", cloud.arn(table)) == "not allowed"


@pytest.mark.parametrize("kind", KINDS)
def test_no_policy_opens_evaluation_data_or_a_task_token(kind: str, cloud: Deployed, account: Account):
    bucket = cloud.arn(cloud.one("AWS::S3::Bucket", "EvaluationData"))
    ledger = cloud.arn(cloud.one("AWS::DynamoDB::Table", "LedgerProd"))
    execution = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:prompt-ops-release:prod-0f"

    assert account.ask_kit(kind, "s3:GetObject", f"{bucket}/datasets/0f.jsonl") == "denied"
    assert account.ask_kit(kind, "states:GetExecutionHistory", execution) == "not allowed"
    for action in READ:
        for keys in (["TOKEN#0f"], ["HEAD", "TOKEN#0f"]):
            token = account.ask_kit(kind, action, ledger, **{"dynamodb:LeadingKeys": keys})
            assert token in ("denied", "not allowed")


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_read_versions_releases_requests_and_reports(kind: str, cloud: Deployed, account: Account):
    bucket = cloud.arn(cloud.one("AWS::S3::Bucket", "Artifacts"))
    key = cloud.arn(cloud.one("AWS::KMS::Key", "Artifacts"))
    prefix = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/prompt-ops"
    execution = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:prompt-ops-release:prod-0f"

    for name in ("installation", "people", "prod/settings", "prod/a/current"):
        assert account.ask_kit(kind, "ssm:GetParameter", f"{prefix}/{name}") == "allowed"
    for row in ("HEAD", "RELEASE#a", "REQUEST#prod-0f", "APPROVAL#0f", "RESTRICTION", "DRIFT"):
        ledger = cloud.arn(cloud.one("AWS::DynamoDB::Table", "LedgerProd"))
        for action in READ:
            assert account.ask_kit(kind, action, ledger, **{"dynamodb:LeadingKeys": [row]}) == "allowed"
    for name in ("prompts/a/v1.json", "reports/a/v1/0f.json"):
        assert account.ask_kit(kind, "s3:GetObject", f"{bucket}/{name}") == "allowed"
    via_s3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    assert account.ask_kit(kind, "kms:Decrypt", key, **via_s3) == "allowed"
    assert account.ask_kit(kind, "states:DescribeExecution", execution) == "allowed"


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_can_ask_the_doctor(kind: str, cloud: Deployed, account: Account):
    resolve = cloud.arn(cloud.function("resolve"))

    assert account.ask_kit(kind, "lambda:GetFunctionConfiguration", resolve) == "allowed"
    assert account.ask_kit(kind, "ses:GetAccount", "*") == "allowed"
    assert account.ask_kit(kind, "bedrock:GetFoundationModelAvailability", "*") == "allowed"


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_learn_whether_the_model_gone_back_to_still_lives(kind: str, account: Account):
    model = f"arn:aws:bedrock:{REGION}::foundation-model/vendor.model-v1:0"

    assert account.ask_kit(kind, "bedrock:GetFoundationModel", model) == "allowed"


def test_an_application_reads_what_resolving_needs_and_no_table(cloud: Deployed, account: Account):
    bucket = cloud.arn(cloud.one("AWS::S3::Bucket", "Artifacts"))
    prefix = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/prompt-ops"

    for name in ("prod/settings", "prod/a/current"):
        assert account.ask_kit("Reader", "ssm:GetParameter", f"{prefix}/{name}") == "allowed"
    for name in ("prompts/a/v1.json", "released/prod/a/v1.json"):
        assert account.ask_kit("Reader", "s3:GetObject", f"{bucket}/{name}") == "allowed"
    assert account.ask_kit("Reader", "s3:GetObject", f"{bucket}/reports/a/v1/0f.json") == "not allowed"
    assert account.ask_kit("Reader", "ssm:GetParameter", f"{prefix}/people") == "not allowed"
    for table in cloud.all("AWS::DynamoDB::Table"):
        assert account.ask_kit("Reader", "dynamodb:GetItem", cloud.arn(table)) == "not allowed"


@pytest.mark.parametrize("kind", KINDS)
def test_people_find_prompts_in_the_registry_and_its_index(kind: str, cloud: Deployed, account: Account):
    registry = cloud.arn(cloud.one("AWS::DynamoDB::Table", "Registry"))
    expected = "not allowed" if kind == "Reader" else "allowed"

    for action in READ:
        assert account.ask_kit(kind, action, registry) == expected
    assert account.ask_kit(kind, "dynamodb:Query", f"{registry}/index/{RegistryKeys.LISTING}") == expected
    for place in (registry, f"{registry}/index/{RegistryKeys.LISTING}"):
        assert account.ask_kit(kind, "dynamodb:Scan", place) == "not allowed"


@pytest.mark.parametrize(
    "key",
    [
        names.archived_release_key("prod", "a", 1),
        names.archived_freeze_key("prod", 1),
        names.drill_key("staging", "a", "march"),
        names.archived_version_key("a", 1),
        names.archived_revocation_key("a", 1),
    ],
)
def test_auditors_and_oncall_read_the_archive(key: str, cloud: Deployed, account: Account):
    kept = f"{cloud.arn(cloud.one('AWS::S3::Bucket', 'Artifacts'))}/{key}"

    assert {kind for kind in KINDS if account.ask_kit(kind, "s3:GetObject", kept) == "allowed"} == {
        "OnCall",
        "Auditor",
    }
    assert {kind for kind in KINDS if account.ask_kit(kind, "s3:PutObject", kept) == "allowed"} == set()


def test_only_auditors_see_who_wrote_a_pointer(account: Account):
    pointer = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/prompt-ops/prod/a/current"

    readers = {
        kind for kind in KINDS if account.ask_kit(kind, "ssm:GetParameterHistory", pointer) == "allowed"
    }
    assert readers == {"Auditor"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_policy_removes_or_restricts_anything_directly(kind: str, cloud: Deployed, account: Account):
    for table in cloud.all("AWS::DynamoDB::Table"):
        for action in ("dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"):
            assert account.ask_kit(kind, action, cloud.arn(table)) in ("denied", "not allowed")


def test_auditors_and_oncall_read_the_proofs_of_releases(cloud: Deployed, account: Account):
    record = cloud.arn(cloud.one("AWS::S3::Bucket", "Artifacts")) + "/released/prod/a/v1.json"
    readers = {kind for kind in KINDS if account.ask_kit(kind, "s3:GetObject", record) == "allowed"}

    assert readers == {"Reader", "OnCall", "Auditor"}


def test_oncall_can_read_and_clear_what_got_lost(cloud: Deployed, account: Account):
    queue = cloud.arn(cloud.one("AWS::SQS::Queue"))

    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
        assert {kind for kind in KINDS if account.ask_kit(kind, action, queue) == "allowed"} == {"OnCall"}


def _called(path: str) -> str:
    return path.replace("{env}", "prod").replace("{approval_id}", "0f")
