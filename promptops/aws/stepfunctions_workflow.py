"""The release workflow in Step Functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.contract.messages import WorkflowInput

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient


class StepFunctionsWorkflow:
    """Executions named after their request; whoever only wakes tasks needs no `state_machine_arn`."""

    def __init__(self, client: SFNClient, state_machine_arn: str = "") -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def execution_arn(self, request_id: str) -> str:
        """The ARN the request's execution has, or will have: it follows from the request's id."""
        return f"{self._state_machine_arn.replace(':stateMachine:', ':execution:')}:{request_id}"

    def start(self, request_id: str, environment: str) -> None:
        """Harmless when it runs or ran already: a name is taken once, and the id decides the input."""
        payload = WorkflowInput(request_id, environment).to_dict()
        with mapped("states:StartExecution"):
            try:
                self._client.start_execution(
                    stateMachineArn=self._state_machine_arn,
                    name=request_id,
                    input=json.dumps(payload, sort_keys=True),
                )
            except self._client.exceptions.ExecutionAlreadyExists:
                return

    def wake(self, task_token: str, outcome: Mapping[str, object]) -> bool:
        """False when the task no longer waits."""
        with mapped("states:SendTaskSuccess"):
            try:
                self._client.send_task_success(taskToken=task_token, output=json.dumps(dict(outcome)))
            except (
                self._client.exceptions.InvalidToken,
                self._client.exceptions.TaskDoesNotExist,
                self._client.exceptions.TaskTimedOut,
            ):
                return False
        return True
