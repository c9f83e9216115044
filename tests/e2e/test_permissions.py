"""Who may do what, tried on the deployed AWS: each refusal beside the same call by somebody who may."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from infra.local.instance import REGION
from promptops.contract.names import (
    DEFAULT_PREFIX,
    STATE_STACK,
    VERBS,
    LedgerKeys,
    artifact_key,
    function_name,
    pointer_parameter,
)
from promptops.contract.routes import ROUTES
from promptops.domain.identifiers import sort_key
from promptops.domain.version import VersionRecord
from tests.e2e.calls import error_code, post, refused
from tests.e2e.conftest import LocalAws
from tests.e2e.inside import installation, ledger, pointers
from tests.e2e.releases import two_releases, version

PROMPT = "permissions-ticket"
ENVIRONMENTS = ("dev", "staging", "prod")
FUNCTIONS = (*VERBS, *(f"promote-{name}" for name in ENVIRONMENTS))
PEOPLE = ("alice", "bob", "carol", "dave")
#: What each person's work is, in the API's words; `{env}` stands for every environment.
WORK = {
    "alice": {"/v1/publish", "/v1/datasets", "/v1/{env}/evaluate", "/v1/{env}/promote"},
    "bob": {"/v1/approvals/{approval_id}"},
    "carol": {
        *(f"/v1/{{env}}/{verb}" for verb in ("rollback", "drill", "retire", "freeze", "unfreeze")),
        "/v1/revoke",
        "/v1/unrevoke",
    },
    "dave": {"/v1/resolve", "/v1/observe"},
}
DELETE_MARKERS_AND_VERSIONS = ("DeleteMarkers", "Versions")


@dataclass(frozen=True)
class Released:
    """A prompt with v1 and v2 released in dev, v2 being live; `record` and `key` are v1's."""

    record: VersionRecord
    bucket: str
    key: str = artifact_key(PROMPT, 1)


@pytest.fixture(scope="module")
def released(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Released:
    two_releases(aws, tmp_path_factory.mktemp("prompts"), PROMPT)
    outputs = aws.instance.outputs
    return Released(version(aws, PROMPT, 1), outputs["ArtifactBucket"])


@pytest.fixture(scope="module")
def cases(aws: LocalAws, released: Released) -> dict[str, str]:
    """Where the evaluation cases of v1 lie, which evaluate just read."""
    place = {"Bucket": aws.instance.outputs["EvaluationBucket"], "Key": released.record.dataset.key}
    lines = of_role(aws, "s3", "evaluate").get_object(**place)["Body"].read().splitlines()
    assert len(lines) == released.record.dataset.cases
    return place


def of_role(aws: LocalAws, service: str, function: str) -> Any:
    return aws.client_of_role(service, f"{DEFAULT_PREFIX}-{function}")


def row(table: str, pk: str, sk: str) -> dict[str, Any]:
    return {"TableName": table, "Key": {"pk": {"S": pk}, "sk": {"S": sk}}}


def test_resolve_reads_pointers_and_cannot_write_one(aws: LocalAws, released: Released):
    ssm = of_role(aws, "ssm", "resolve")
    name = pointer_parameter(DEFAULT_PREFIX, "dev", PROMPT)

    value = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    refused("ssm:PutParameter", ssm.put_parameter, Name=name, Value="v1", Type="String", Overwrite=True)

    assert json.loads(value)["version"] == "v2"
    assert pointers(aws, "dev").read(PROMPT) == value


@pytest.mark.parametrize("function", sorted({*FUNCTIONS} - {"evaluate"}))
def test_no_function_but_evaluate_reads_evaluation_data(aws: LocalAws, cases: dict[str, str], function: str):
    refused("s3:GetObject", of_role(aws, "s3", function).get_object, **cases)


@pytest.mark.parametrize("person", [*PEOPLE, "erin"])
def test_nobody_reads_evaluation_data_not_even_an_administrator(
    aws: LocalAws, cases: dict[str, str], person: str
):
    assert "explicit deny" in refused("s3:GetObject", aws.client("s3", person).get_object, **cases)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_deletes_an_artifact(aws: LocalAws, released: Released, function: str):
    s3 = of_role(aws, "s3", function)
    artifact = {"Bucket": released.bucket, "Key": released.key}
    this_version = {**artifact, "VersionId": released.record.object_version}

    without = refused("s3:DeleteObject", s3.delete_object, **artifact)
    with_version = refused("s3:DeleteObjectVersion", s3.delete_object, **this_version)

    for message in (without, with_version):
        assert f"{released.bucket}/{released.key}" in message
        assert "explicit deny" in message
    assert of_role(aws, "s3", "resolve").get_object(**this_version)["ContentLength"]
    found = aws.client("s3").list_object_versions(Bucket=released.bucket, Prefix=released.key)
    assert [len(found.get(kind, ())) for kind in DELETE_MARKERS_AND_VERSIONS] == [0, 1]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_deletes_a_row(aws: LocalAws, released: Released, function: str):
    dynamodb = of_role(aws, "dynamodb", function)
    registered = {
        "TableName": installation(aws).registry_table,
        "Key": {"prompt_id": {"S": PROMPT}, "version": {"S": sort_key(1)}},
    }
    live = row(installation(aws).ledger_tables["dev"], *LedgerKeys.head(PROMPT))

    for item in (registered, live):
        refused("dynamodb:DeleteItem", dynamodb.delete_item, **item)

    allowed = of_role(aws, "dynamodb", "promote-dev")
    assert all("Item" in allowed.get_item(**item) for item in (registered, live))


@pytest.mark.parametrize("other", ["staging", "prod"])
def test_promote_dev_moves_no_pointer_of_another_environment(aws: LocalAws, released: Released, other: str):
    put = of_role(aws, "ssm", "promote-dev").put_parameter
    same = {"Value": "v1", "Type": "String", "Overwrite": False}

    refused("ssm:PutParameter", put, Name=pointer_parameter(DEFAULT_PREFIX, other, PROMPT), **same)
    own = error_code(put, Name=pointer_parameter(DEFAULT_PREFIX, "dev", PROMPT), **same)

    # Allowed, and without Overwrite harmless: there is one already.
    assert own == "ParameterAlreadyExists"
    assert pointers(aws, other).read(PROMPT) is None


@pytest.mark.parametrize("other", ["staging", "prod"])
def test_promote_dev_writes_no_ledger_of_another_environment(aws: LocalAws, other: str):
    dynamodb = of_role(aws, "dynamodb", "promote-dev")
    # Allowed, this changes nothing either: the condition asks for a row that is not there.
    absent = {"ConditionExpression": "attribute_exists(pk)"}
    change = {
        **absent,
        "UpdateExpression": "SET note = :n",
        "ExpressionAttributeValues": {":n": {"S": "mine"}},
    }

    def calls(environment: str) -> list[tuple[str, Any, dict[str, Any]]]:
        key = row(installation(aws).ledger_tables[environment], "HEAD", "nobody-has-this-prompt")
        new = {"TableName": key["TableName"], "Item": key["Key"], **absent}
        return [
            ("dynamodb:PutItem", dynamodb.put_item, new),
            ("dynamodb:UpdateItem", dynamodb.update_item, {**key, **change}),
            ("dynamodb:PutItem", dynamodb.transact_write_items, {"TransactItems": [{"Put": new}]}),
            (
                "dynamodb:UpdateItem",
                dynamodb.transact_write_items,
                {"TransactItems": [{"Update": {**key, **change}}]},
            ),
        ]

    for action, call, arguments in calls(other):
        refused(action, call, **arguments)
    assert [error_code(call, **arguments) for _, call, arguments in calls("dev")] == [
        "ConditionalCheckFailedException",
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "TransactionCanceledException",
    ]


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_reaches_the_routes_of_their_work_and_no_other(aws: LocalAws, person: str):
    reached, kept_out = set(), set()
    for route in ROUTES:
        if route.authorization != "AWS_IAM":
            continue
        for environment in ENVIRONMENTS if route.per_environment else ("",):
            path = route.path_in(environment).replace("{approval_id}", "prod-" + "0" * 32)
            said = post(aws, path, {}, signed_by=person)
            assert said.kept_out or said.code in ("E_BODY", "E_APPROVAL_UNKNOWN"), (path, said)
            (kept_out if said.kept_out else reached).add(route.path)

    everything = set().union(*WORK.values())
    assert (reached, kept_out) == (WORK[person], everything - WORK[person])


@pytest.mark.parametrize(
    ("person", "arguments", "said"),
    [
        ("dave", ("publish", "prompts/support-ticket"), "ssm:GetParameter answered AccessDenied"),
        ("dave", ("evaluate", f"{PROMPT}@v1"), "ssm:GetParameter answered AccessDenied"),
        ("dave", ("promote", f"{PROMPT}@v1", "--to", "prod", "--reason", "now"), "answered AccessDenied"),
        ("dave", ("rollback", PROMPT, "--env", "dev", "--reason", "now"), "answered AccessDenied"),
        ("bob", ("publish", "prompts/support-ticket"), "the API refused POST /v1/publish"),
        ("alice", ("rollback", PROMPT, "--env", "dev", "--reason", "now"), "POST /v1/dev/rollback"),
        ("carol", ("promote", f"{PROMPT}@v1", "--to", "dev", "--reason", "now"), "POST /v1/dev/promote"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value if value in PEOPLE else "",
)
def test_the_command_line_ends_with_4_where_the_callers_policy_ends(
    aws: LocalAws, released: Released, person: str, arguments: tuple[str, ...], said: str
):
    error = aws.person(person).types(*arguments, expect=4).document["error"]

    assert error["code"] == "E_ACCESS"
    assert said in error["what"]


def test_a_readers_policy_is_enough_to_resolve(aws: LocalAws, released: Released):
    resolved = aws.person("dave").types("resolve", PROMPT, "--env", "dev", "--var", "ticket=It is slow")

    assert resolved.document["version"] == "v2"


def test_on_call_rolls_back_and_the_author_cannot(aws: LocalAws, released: Released):
    path, body = "/v1/dev/rollback", {"prompt_id": PROMPT, "reason": "wrong answers", "to_version": "v1"}
    before = ledger(aws, "dev").head(PROMPT)

    assert all(post(aws, path, body, signed_by=person).kept_out for person in ("alice", "bob", "dave"))
    unmoved = ledger(aws, "dev").head(PROMPT)
    done = post(aws, path, body, signed_by="carol")

    assert unmoved == before
    assert (done.status, done.document["version"]) == (200, 1)
    assert ledger(aws, "dev").head(PROMPT).revision == before.revision + 1


def test_a_call_that_nobody_signed_reaches_nothing(aws: LocalAws):
    session = aws.session("alice")
    forged = boto3.Session(session.get_credentials().access_key, "not alice's secret", region_name=REGION)

    said = [post(aws, "/v1/publish", {}, signed_by=signer) for signer in (None, forged, session)]

    assert [(answer.status, answer.code) for answer in said] == [(403, ""), (403, ""), (400, "E_BODY")]


@pytest.mark.parametrize("function", ["publish", "evaluate", "approve", "promote-prod"])
def test_nobody_invokes_a_function_past_the_api(aws: LocalAws, function: str):
    call = {"FunctionName": function_name(DEFAULT_PREFIX, function), "Payload": b"{}"}

    for person in PEOPLE:
        refused("lambda:InvokeFunction", aws.client("lambda", person).invoke, **call)

    answer = aws.client("lambda", "erin").invoke(**call)
    assert json.loads(answer["Payload"].read())["errorType"] == "MalformedRequest"


def test_applications_invoke_resolve_directly(aws: LocalAws, released: Released):
    payload = json.dumps({"prompt_id": PROMPT, "environment": "dev"})
    call = {"FunctionName": function_name(DEFAULT_PREFIX, "resolve"), "Payload": payload}

    resolved = json.loads(aws.client("lambda", "dave").invoke(**call)["Payload"].read())
    refused("lambda:InvokeFunction", aws.client("lambda", "alice").invoke, **call)

    assert resolved["prompt_id"] == PROMPT


def test_nobody_starts_the_workflow_past_the_api(aws: LocalAws):
    call = {"stateMachineArn": installation(aws).state_machine_arn, "input": "{}"}

    for person in PEOPLE:
        refused("states:StartExecution", aws.client("stepfunctions", person).start_execution, **call)

    assert aws.client("stepfunctions", "erin").start_execution(**call)["executionArn"]


def test_an_administrator_cannot_delete_an_artifacts_version(aws: LocalAws, released: Released):
    s3 = aws.client("s3", "erin")
    locked = {"Bucket": released.bucket, "Key": released.key, "VersionId": released.record.object_version}
    s3.create_bucket(Bucket="permissions-without-lock")
    s3.put_object(Bucket="permissions-without-lock", Key=released.key, Body=b"{}")

    with pytest.raises(s3.exceptions.ClientError, match="object lock") as caught:
        s3.delete_object(**locked)
    s3.delete_object(Bucket="permissions-without-lock", Key=released.key)
    s3.delete_bucket(Bucket="permissions-without-lock")

    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert s3.get_object_retention(**locked)["Retention"]["Mode"] == "GOVERNANCE"
    assert s3.get_object(**locked)["ContentLength"] == released.record.size_bytes


@pytest.mark.parametrize("table", ["RegistryTable", *(f"LedgerTable{name.title()}" for name in ENVIRONMENTS)])
def test_an_administrator_cannot_delete_a_table(aws: LocalAws, table: str):
    dynamodb = aws.client("dynamodb", "erin")
    key = {"AttributeName": "pk", "AttributeType": "S"}
    dynamodb.create_table(
        TableName=f"permissions-{table}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[key],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    name = aws.instance.outputs[table]

    with pytest.raises(dynamodb.exceptions.ClientError, match="deletion protection") as caught:
        dynamodb.delete_table(TableName=name)
    dynamodb.delete_table(TableName=f"permissions-{table}")

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"


def test_an_administrator_cannot_delete_the_stack_that_holds_everything(aws: LocalAws):
    cloudformation = aws.client("cloudformation", "erin")
    topic = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    cloudformation.create_stack(StackName="PermissionsScratch", TemplateBody=json.dumps(topic))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="PermissionsScratch")

    with pytest.raises(cloudformation.exceptions.ClientError, match="TerminationProtection") as caught:
        cloudformation.delete_stack(StackName=STATE_STACK)
    cloudformation.delete_stack(StackName="PermissionsScratch")

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    (stack,) = cloudformation.describe_stacks(StackName=STATE_STACK)["Stacks"]
    assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
