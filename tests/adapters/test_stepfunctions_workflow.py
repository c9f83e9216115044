from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from promptops.aws.stepfunctions_workflow import StepFunctionsWorkflow

REQUEST = f"prod-{1:032x}"
DEFINITION = json.dumps({"StartAt": "Wait", "States": {"Wait": {"Type": "Pass", "End": True}}})


@pytest.fixture
def states(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        yield boto3.client("stepfunctions", region_name="eu-central-1")


@pytest.fixture
def machine(states) -> str:
    role = "arn:aws:iam::123456789012:role/workflow"
    created = states.create_state_machine(name="prompt-ops-release", definition=DEFINITION, roleArn=role)
    return str(created["stateMachineArn"])


def test_an_execution_is_named_after_its_request_and_carries_only_ids(states, machine):
    workflow = StepFunctionsWorkflow(states, machine)

    workflow.start(REQUEST, "prod")

    execution = states.describe_execution(executionArn=workflow.execution_arn(REQUEST))
    assert execution["name"] == REQUEST
    assert json.loads(execution["input"]) == {"request_id": REQUEST, "environment": "prod"}


def test_starting_a_request_twice_starts_it_once(states, machine):
    workflow = StepFunctionsWorkflow(states, machine)
    workflow.start(REQUEST, "prod")
    execution = states.describe_execution(executionArn=workflow.execution_arn(REQUEST))
    states.stop_execution(executionArn=execution["executionArn"])

    workflow.start(REQUEST, "prod")

    assert len(states.list_executions(stateMachineArn=machine)["executions"]) == 1


@pytest.mark.parametrize("name", ["InvalidToken", "TaskDoesNotExist", "TaskTimedOut"])
def test_a_task_that_no_longer_waits_is_no_error(states, monkeypatch, name):
    def gone(**_):
        raise getattr(states.exceptions, name)({"Error": {"Code": name, "Message": ""}}, "SendTaskSuccess")

    monkeypatch.setattr(states, "send_task_success", gone)

    assert not StepFunctionsWorkflow(states).wake("token", {"decision": "APPROVED"})


def test_waking_a_task_hands_on_the_outcome(states, monkeypatch):
    sent: list[dict[str, str]] = []
    monkeypatch.setattr(states, "send_task_success", lambda **kwargs: sent.append(kwargs))

    assert StepFunctionsWorkflow(states).wake("token", {"approval_id": "a", "decision": "APPROVED"})

    assert sent[0]["taskToken"] == "token"
    assert json.loads(sent[0]["output"]) == {"approval_id": "a", "decision": "APPROVED"}
