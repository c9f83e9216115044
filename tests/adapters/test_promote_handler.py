"""promote-dev as it is deployed, on emulated services: its API routes, tasks and schedule."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from promptops.aws.dynamodb_ledger import DynamoDbLedgers
from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_artifacts import S3Artifacts
from promptops.aws.s3_reports import S3Reports
from promptops.contract.names import DRIFT_ALARM
from promptops.contract.routes import ROUTES
from promptops.contract.settings import PromoteSettings
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import AccessRefused, EndpointDown, MalformedRequest, Unavailable, UnknownRequest
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.version import Dataset, VersionRecord
from tests.adapters.ledger_tables import ENVIRONMENTS, NOW, PROMPT, Tables
from tests.unit.evidence import a_report

REGION = "us-east-1"
BUCKET = "artifacts"
MODULES = ("lambdas.promote.line", "lambdas.promote.verbs", "lambdas.promote.handler")
Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    with deployed(monkeypatch, ENVIRONMENTS) as made:
        yield made


@pytest.fixture
def highest(monkeypatch: pytest.MonkeyPatch) -> Iterator[Handler]:
    """The same function where dev is the highest environment, there being no other."""
    with deployed(monkeypatch, {"dev": ENVIRONMENTS["dev"]}) as made:
        yield made


@contextmanager
def deployed(monkeypatch: pytest.MonkeyPatch, ledgers: dict[str, str]) -> Iterator[Handler]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        Tables(REGION)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        role = "arn:aws:iam::123456789012:role/workflow"
        definition = '{"StartAt": "Wait", "States": {"Wait": {"Type": "Pass", "End": true}}}'
        states = boto3.client("stepfunctions")
        machine = states.create_state_machine(name="prompt-ops-release", definition=definition, roleArn=role)
        settings = PromoteSettings(
            prefix="prompt-ops",
            environment="dev",
            registry_table="registry",
            ledger_tables=json.dumps(ledgers),
            artifact_bucket=BUCKET,
            state_machine_arn=machine["stateMachineArn"],
            approval_required="false",
            accepted_model_kinds="bedrock,standin",
            request_hours="24",
            alarm_topic_arn="arn:aws:sns:us-east-1:123456789012:on-call",
        )
        for name, value in settings.to_env().items():
            monkeypatch.setenv(name, value)
        for module in MODULES:
            sys.modules.pop(module, None)
        yield importlib.import_module("lambdas.promote.handler").handler
        for module in MODULES:
            sys.modules.pop(module, None)


def call(verb: str, body: object, *, signed: bool = True) -> dict[str, Any]:
    iam = {"iam": {"userArn": "arn:aws:iam::123456789012:user/alice"}}
    place = "" if verb in ("revoke", "unrevoke") else "/dev"
    return {
        "routeKey": f"POST /v1{place}/{verb}",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(body),
        "requestContext": {"http": {"method": "POST"}, **({"authorizer": iam} if signed else {})},
    }


def answered(handler: Handler, event: dict[str, Any]) -> tuple[int, Any]:
    response = handler(event, None)
    return response["statusCode"], json.loads(response["body"])


def publish(version: int) -> PromptRef:
    """Versions 4 and up: published with bytes and passing evidence."""
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    ref = PromptRef(PROMPT, version)
    artifact = Artifact(PROMPT, (Message("user", f"text {version}"),), {"id": "some-model"})
    record = VersionRecord(
        ref=ref,
        sha256=artifact.digest(),
        size_bytes=len(artifact.to_bytes()),
        object_version=str(S3Artifacts(BUCKET, s3).create(ref, artifact.to_bytes())),
        source_sha256=artifact.digest(),
        model="some-model",
        dataset=Dataset("datasets/c.jsonl", "c" * 64, 5),
        policy=Policy("low", Thresholds()),
        owner="team",
        description="",
        rationale="",
        tags=(),
        published_by=Actor("iam", "arn:aws:iam::123456789012:user/alice"),
        authors=(),
        commit="",
        published_at=NOW,
    )
    registry = DynamoDbRegistry("registry", dynamodb)
    assert registry.commit(record, after=registry.family(PROMPT))
    head = DynamoDbLedgers(ENVIRONMENTS, dynamodb, "registry")["dev"].head(PROMPT)
    live = registry.version(PromptRef(PROMPT, head.version)) if head.version else None
    report = a_report(record, live, evaluation_id=f"{version:032x}", at=NOW)
    registry.link_evidence(ref, S3Reports(BUCKET, s3).store(report))
    return ref


def release(handler: Handler, version: int) -> dict[str, Any]:
    publish(version)
    body = {"prompt_id": PROMPT, "version": f"v{version}", "reason": "better answers"}
    status, requested = answered(handler, call("promote", body))
    assert status == 202
    for task in ("begin", "check"):
        handler({"task": task, "request_id": requested["request_id"]}, None)
    done = handler({"task": "promote", "request_id": requested["request_id"]}, None)
    handler({"task": "end", "request_id": requested["request_id"]}, None)
    return done


def pointer() -> Any:
    name = f"/prompt-ops/dev/{PROMPT}/current"
    return json.loads(boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def test_a_version_is_released_and_rolled_back_on_real_service_apis(handler):
    release(handler, 4)
    done = release(handler, 5)
    assert (done["revision"], done["projected"], pointer()["version"]) == (2, True, "v5")

    status, back = answered(handler, call("rollback", {"prompt_id": PROMPT, "reason": "it is worse"}))

    assert (status, back["version"], back["from_version"], back["revision"]) == (200, 4, 5, 3)
    assert (pointer()["version"], pointer()["revision"]) == ("v4", 3)


def test_promoting_what_is_live_answers_unchanged(handler):
    release(handler, 4)

    body = {"prompt_id": PROMPT, "version": "v4", "reason": "again"}
    status, answer = answered(handler, call("promote", body))

    assert (status, answer["outcome"], answer["revision"]) == (200, "unchanged", 1)


def test_an_evaluation_begins_beside_what_is_live_where_it_was_asked_for(handler):
    release(handler, 4)
    publish(5)

    body = {"prompt_id": PROMPT, "version": "v5", "against": "dev", "full": True}
    status, requested = answered(handler, call("evaluate", body))
    begun = handler({"task": "begin", "request_id": requested["request_id"]}, None)

    assert (status, requested["path"]) == (202, [])
    assert (begun["evidence"], begun["against"], begun["baseline"]) == ("missing", "dev", 4)
    assert begun["full"]


def test_an_evaluation_against_an_environment_that_is_not_there_is_refused(handler):
    publish(4)

    status, answer = answered(
        handler, call("evaluate", {"prompt_id": PROMPT, "version": "v4", "against": "nowhere"})
    )

    assert (status, answer["error"]["code"]) == (400, "E_ENV")


def test_the_schedule_repairs_pointers_and_makes_alarms(handler):
    release(handler, 4)
    boto3.client("ssm").put_parameter(Name=f"/prompt-ops/dev/{PROMPT}/current", Value="v4 ", Overwrite=True)

    done = handler({"task": "reconcile"}, None)

    assert (done["checked"], done["refused"], done["errors"]) == (1, [PROMPT], [])
    assert pointer()["version"] == "v4"
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {alarm["AlarmName"].rsplit("/", 1)[0] for alarm in alarms} == {f"prompt-ops/dev/{PROMPT}/v4"}


def test_a_pointer_that_cannot_be_written_now_fails_the_pass_so_that_it_is_tried_again(handler, monkeypatch):
    release(handler, 4)
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name=f"/prompt-ops/dev/{PROMPT}/current", Value="v4 ", Overwrite=True)
    refusing(monkeypatch, EndpointDown("Parameter Store does not answer"))

    with pytest.raises(Unavailable, match="1 errors in 1 prompts of dev"):
        handler({"task": "reconcile"}, None)


def test_a_pointer_that_may_not_be_written_rings_and_is_not_tried_twice_a_minute(
    handler, monkeypatch, caplog
):
    release(handler, 4)
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name=f"/prompt-ops/dev/{PROMPT}/current", Value="v4 ", Overwrite=True)
    refusing(monkeypatch, AccessRefused("ssm:PutParameter answered AccessDenied", "Ask for the policy."))

    done = handler({"task": "reconcile"}, None)

    assert [error["code"] for error in done["errors"]] == ["E_POINTER_DENIED"]
    told = [record.message for record in caplog.records if record.message.startswith(DRIFT_ALARM)]
    assert told[-1].endswith("E_POINTER_DENIED")


class Ending:
    """A call with so little time left that nothing may be begun."""

    def get_remaining_time_in_millis(self) -> int:
        return 900


@pytest.mark.parametrize("hint", [False, True])
def test_a_pass_heeds_the_time_its_call_has_left(handler, hint):
    release(handler, 4)
    ssm, name = boto3.client("ssm"), f"/prompt-ops/dev/{PROMPT}/current"
    ssm.put_parameter(Name=name, Value="v4 ", Overwrite=True)

    if hint:
        changed = {"detail-type": "Parameter Store Change", "detail": {"name": name}}
        assert handler(changed, Ending())["errors"]
    else:
        with pytest.raises(Unavailable):
            handler({"task": "reconcile"}, Ending())

    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "v4 "


def test_a_frozen_environment_refuses_promotions_by_name_until_it_is_thawed(handler):
    publish(4)
    promote = call("promote", {"prompt_id": PROMPT, "version": "v4", "reason": "better"})

    status, frozen = answered(handler, call("freeze", {"reason": "incident 7"}))
    refused_status, refused = answered(handler, promote)
    again = answered(handler, call("freeze", {"reason": "another"}))
    answered(handler, call("unfreeze", {"reason": "over"}))

    assert (status, frozen["kind"], frozen["scope"], frozen["unchanged"]) == (200, "freeze", "dev", False)
    assert (refused_status, refused["error"]["code"]) == (403, "E_FROZEN")
    assert "incident 7" in refused["error"]["message"]
    assert (again[0], again[1]["unchanged"], again[1]["reason"]) == (200, True, "incident 7")
    assert answered(handler, promote)[0] == 202


def test_a_retired_prompt_is_served_no_longer_and_comes_back_by_a_rollback(handler):
    release(handler, 4)

    status, retired = answered(handler, call("retire", {"prompt_id": PROMPT, "reason": "replaced"}))
    assert (status, retired["kind"], retired["revision"], pointer()["state"]) == (200, "retire", 2, "retired")

    status, back = answered(handler, call("rollback", {"prompt_id": PROMPT, "reason": "still in use"}))
    assert (status, back["version"], pointer()["state"], pointer()["revision"]) == (200, 4, "live", 3)


def test_a_drill_moves_the_pointer_back_and_forth_and_files_its_evidence(handler):
    release(handler, 4)
    release(handler, 5)
    ssm, name = boto3.client("ssm"), f"/prompt-ops/dev/{PROMPT}/current"

    status, drilled = answered(handler, call("drill", {"prompt_id": PROMPT, "reason": "drill of March"}))

    values = [entry["Value"] for entry in ssm.get_parameter_history(Name=name)["Parameters"]]
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=drilled["evidence_key"])["Body"].read()
    assert (status, drilled["version"], drilled["other_version"], drilled["revisions"]) == (200, 5, 4, [3, 4])
    assert [json.loads(value)["version"] for value in values[-2:]] == ["v4", "v5"]
    assert json.loads(stored)["actor"]["identity"].endswith("user/alice")


def test_nobody_drills_where_people_are_served(handler, monkeypatch):
    release(handler, 4)
    release(handler, 5)
    line = importlib.import_module("lambdas.promote.line")
    assert not line.drills.is_highest
    monkeypatch.setattr(line, "drills", replace(line.drills, is_highest=True))

    status, refused = answered(handler, call("drill", {"prompt_id": PROMPT, "reason": "drill of March"}))

    assert (status, refused["error"]["code"], pointer()["revision"]) == (403, "E_DRILL", 2)


def test_the_only_environment_may_be_drilled_in(highest):
    assert not importlib.import_module("lambdas.promote.line").drills.is_highest


def test_a_revoked_version_leaves_service_and_comes_back_by_name_only(highest):
    release(highest, 4)
    release(highest, 5)
    revocation = {"prompt_id": PROMPT, "version": "v5", "reason": "it insults customers"}

    status, revoked = answered(highest, call("revoke", revocation))
    back = {"prompt_id": PROMPT, "reason": "x", "to_version": "v5"}
    refused = answered(highest, call("rollback", back))
    answered(highest, call("unrevoke", revocation))

    assert (status, revoked["kind"], revoked["version"]) == (200, "revoke", 5)
    assert [(each["version"], each["projected"]) for each in revoked["released"]] == [(4, True)]
    assert (refused[0], refused[1]["error"]["code"]) == (403, "E_REVOKED")
    assert answered(highest, call("rollback", {"prompt_id": PROMPT, "reason": "x"}))[0] == 403
    assert answered(highest, call("rollback", back))[0] == 200


def refusing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """No pointer can be written."""
    pointers = importlib.import_module("lambdas.promote.line").pointers

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(pointers, "write", refuse)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AccessRefused("ssm:PutParameter answered AccessDenied"), "E_POINTER_DENIED"),
        (EndpointDown("Parameter Store does not answer"), "E_ENDPOINT"),
    ],
)
@pytest.mark.parametrize("verb", ["rollback", "retire", "revoke"])
def test_what_is_committed_and_not_projected_is_accepted_and_says_why(
    highest, monkeypatch, verb, error, code
):
    release(highest, 4)
    release(highest, 5)
    refusing(monkeypatch, error)

    status, done = answered(highest, call(verb, {"prompt_id": PROMPT, "version": "v5", "reason": "x"}))

    (made,) = done["released"] if verb == "revoke" else [done]
    assert (status, made["projected"], made["problem"]["code"]) == (202, False, code)
    ledger = importlib.import_module("lambdas.promote.line").ledger
    assert ledger.head(PROMPT).revision == made["revision"] == 3


def test_every_route_of_this_function_has_its_verb(handler):
    verbs = importlib.import_module("lambdas.promote.verbs").VERBS

    assert {route.path.rpartition("/")[2] for route in ROUTES if route.function == "promote"} == set(verbs)


def test_the_actor_is_who_signed_never_who_the_body_says(handler):
    publish(4)
    body = {"prompt_id": PROMPT, "version": "v4", "reason": "x", "actor": {"kind": "iam", "identity": "bob"}}

    _, requested = answered(handler, call("promote", body))
    status, refused = answered(handler, call("promote", body, signed=False))

    ledger = importlib.import_module("lambdas.promote.line").ledger
    assert ledger.request(requested["request_id"]).actor.identity.endswith("user/alice")
    assert (status, refused["error"]["code"]) == (401, "E_SIGN_IN")


@pytest.mark.parametrize(
    ("verb", "body", "status", "code"),
    [
        ("promote", {"prompt_id": "../x", "version": "v4", "reason": "x"}, 400, "E_ID"),
        ("promote", {"prompt_id": PROMPT, "version": 4, "reason": "x"}, 400, "E_VERSION"),
        ("promote", {"prompt_id": PROMPT, "version": "v999", "reason": "x"}, 404, "E_VERSION_UNKNOWN"),
        ("promote", {"prompt_id": PROMPT}, 400, "E_BODY"),
        ("rollback", {"prompt_id": PROMPT, "reason": ""}, 400, "E_REASON"),
        ("rollback", {"prompt_id": PROMPT, "reason": "x"}, 404, "E_NOT_RELEASED"),
        ("rollback", {"prompt_id": None, "reason": "x", "op_id": []}, 400, "E_ID"),
        ("freeze", {}, 400, "E_BODY"),
        ("freeze", {"reason": " "}, 400, "E_REASON"),
        ("unfreeze", {"reason": 7}, 400, "E_REASON"),
        ("retire", {"prompt_id": PROMPT, "reason": "x"}, 404, "E_NOT_RELEASED"),
        ("retire", {"prompt_id": PROMPT, "reason": "x", "op_id": "a/b"}, 400, "E_IDEMPOTENCY_KEY"),
        ("drill", {"prompt_id": PROMPT, "reason": "x"}, 404, "E_NOT_RELEASED"),
        ("revoke", {"prompt_id": PROMPT, "reason": "x"}, 400, "E_BODY"),
        ("revoke", {"prompt_id": PROMPT, "version": "v9", "reason": "x"}, 404, "E_VERSION_UNKNOWN"),
        ("unrevoke", {"prompt_id": "nobody", "version": "v1", "reason": "x"}, 404, "E_PROMPT_UNKNOWN"),
    ],
)
def test_bad_calls_get_their_error_and_change_nothing(handler, verb, body, status, code):
    answer_status, answer = answered(handler, call(verb, body))

    assert (answer_status, answer["error"]["code"]) == (status, code)


def test_a_task_raises_the_error_the_workflow_catches_by_name(handler):
    with pytest.raises(UnknownRequest):
        handler({"task": "begin", "request_id": f"dev-{0:032x}"}, None)
    with pytest.raises(MalformedRequest):
        handler({"task": "destroy"}, None)
