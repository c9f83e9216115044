"""Building blocks of a state machine: tasks on functions, choices, retries, catches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from promptops.contract.messages import Message
from promptops.domain.errors import EndpointDown, ModelUnavailable, PromptOpsError, Throttled, Unavailable

State = dict[str, Any]

#: Filled in by CloudFormation with the functions' ARNs; promote's lacks its last part, the environment.
PUBLISH, EVALUATE, APPROVE, PROMOTE = "${Publish}", "${Evaluate}", "${Approve}", "${Promote}"

_INVOKE = "arn:aws:states:::lambda:invoke"
_RETRY = [
    {
        "ErrorEquals": [
            Throttled.__name__,
            EndpointDown.__name__,
            Unavailable.__name__,
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
            "Lambda.TooManyRequestsException",
            "Lambda.ClientExecutionTimeoutException",
        ],
        "IntervalSeconds": 1,
        "MaxAttempts": 4,
        "BackoffRate": 2,
        "JitterStrategy": "FULL",
    },
    {
        # The last three: the function's process ended or ran out of time. It may have done its work; each
        # task done again answers the same.
        "ErrorEquals": [ModelUnavailable.__name__, "Runtime.ExitError", "Sandbox.Timedout", "Lambda.Unknown"],
        "IntervalSeconds": 5,
        "MaxAttempts": 2,
        "BackoffRate": 2,
    },
]


def task(function: str, payload: object, *, then: str = "", catch: str = "", **more: Any) -> State:
    """Invoke a function; without `then` the last state. What it answers is in `$.Payload`."""
    name = (
        {"FunctionName.$": f"States.Format('{PROMOTE}-{{}}', $.environment)"}
        if function == PROMOTE
        else {"FunctionName": function}
    )
    place = {"Payload.$": payload} if isinstance(payload, str) else {"Payload": payload}
    return {
        "Type": "Task",
        "Resource": _INVOKE,
        "Parameters": {**name, **place},
        "Retry": _RETRY,
        **({"Catch": [caught(to=catch)]} if catch else {}),
        **_onward(then),
        **more,
    }


def human_task(function: str, payload: object, *, then: str, timeout_seconds: int, on_timeout: str) -> State:
    """Hand a function a task token and wait until somebody sends it back, at most so long."""
    return task(
        function,
        payload,
        then=then,
        ResultPath=None,
        Resource=f"{_INVOKE}.waitForTaskToken",
        TimeoutSeconds=timeout_seconds,
        Catch=[caught("States.Timeout", to=on_timeout)],
    )


def each(
    items: str, item: object, states: Mapping[str, State], *, then: str, catch: str, at_once: int
) -> State:
    """Run the states for every item; the input goes on unchanged."""
    return {
        "Type": "Map",
        "ItemsPath": items,
        "ItemSelector": item,
        "MaxConcurrency": at_once,
        "ResultPath": None,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": next(iter(states)),
            "States": dict(states),
        },
        "Catch": [caught(to=catch)],
        "Next": then,
    }


def choice(variable: str, branches: Mapping[str, str], *, otherwise: str) -> State:
    return {
        "Type": "Choice",
        "Default": otherwise,
        "Choices": [
            {"Variable": variable, "StringEquals": value, "Next": state} for value, state in branches.items()
        ],
    }


def message(kind: type[Message], **values: object) -> dict[str, object]:
    """A payload; values that begin with `$` are paths. Raises KeyError for what the message has not."""
    for name in values:
        kind.__dataclass_fields__[name]  # type: ignore[attr-defined]
    return {f"{name}.$" if str(value).startswith("$") else name: value for name, value in values.items()}


def selected(kind: type[Message]) -> dict[str, str]:
    """All of what a function answers, without what the invocation puts around it."""
    return {f"{name}.$": f"$.Payload.{name}" for name in kind.__dataclass_fields__}  # type: ignore[attr-defined]


def caught(*errors: str, to: str) -> State:
    return {"ErrorEquals": [*errors] or ["States.ALL"], "ResultPath": "$.error", "Next": to}


def as_caught(error: PromptOpsError) -> dict[str, str]:
    """The error as a catch would hand it on, had a function raised it."""
    name = type(error).__name__
    return {"Error": name, "Cause": json.dumps({"errorType": name, "errorMessage": str(error)})}


def _onward(then: str) -> State:
    return {"Next": then} if then else {"End": True}
