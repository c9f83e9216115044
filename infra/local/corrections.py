"""What is corrected in the emulator before it serves, so that the product needs no local special case.

- Lambda reports an exception of a handler by its class name, and the workflow's catches and retries go by
  that name; the emulator calls every one of them `Runtime.HandlerError`, and so the end of a process.
- Bedrock authorises Converse as `bedrock:InvokeModel`, on the inference profile where the id names one; the
  emulator as `bedrock:Converse`, an action that AWS does not have, on a model of that name.
- CloudWatch authorises DescribeAlarms and DeleteAlarms on alarms; the emulator on no resource at all.
- Parameter Store authorises GetParameters on each parameter; the emulator on no resource at all.
- Step Functions authorises SendTaskSuccess on the state machine that waits, here the only one; the emulator
  on no resource at all.
- Bedrock's embedding models answer with embeddings; the emulator with a text it invents.
- `aws:PrincipalArn` of a role's session is the role's ARN, path included; the emulator gives the session's.

Runs in the emulator's interpreter. The emulator's version is pinned; another one is refused, not guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import bedrock_runtime, iam, lambda_svc, stepfunctions

from infra.local.embedding_models import with_embeddings

_REPORTED = '"error": str(e), "trace"'
_NAMED = '"error": str(e), "type": type(e).__name__, "trace"'
_DIED, _EXIT = "Worker process died", "Runtime.ExitError"
_ACTIONS = {
    "bedrock:Converse": "bedrock:InvokeModel",
    "bedrock:ConverseStream": "bedrock:InvokeModelWithResponseStream",
}
_MODEL_ARN = re.compile(
    r"(?P<partition>arn:[^:]+:bedrock:(?P<region>[^:]*)):[^:]*:foundation-model/(?P<id>.+)"
)
_PROFILE_ID = re.compile(r"(us|eu|apac|global)\.")


class NamedError(str):
    """A handler's message that remembers the class of its exception."""

    __slots__ = ("type_name",)
    type_name: str


def apply_corrections() -> None:
    """Raises RuntimeError if the emulator is not the one these corrections were made for."""
    script: str = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_REPORTED) != 1:
        raise RuntimeError("E_EMULATOR: the installed emulator is not the pinned version. Run make install.")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_REPORTED, _NAMED)
    lambda_runtime.Worker.invoke = _remembering(lambda_runtime.Worker.invoke)
    lambda_svc._execute_function_warm = _naming(lambda_svc._execute_function_warm)
    bedrock_runtime._invoke_model = with_embeddings(bedrock_runtime._invoke_model, bedrock_runtime._PROXY_URL)
    iam_actions.extract_iam_action = _as_aws_names_it(iam_actions.extract_iam_action)
    iam_actions.extract_resource_arn = _on_the_parameter(
        _on_alarms(_on_the_machine(_on_the_profile(iam_actions.extract_resource_arn)))
    )
    iam_evaluator._resolve_condition_key = _by_the_role(iam_evaluator._resolve_condition_key)


def _remembering(invoke: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def remembering(*arguments: Any, **options: Any) -> dict[str, Any]:
        result = invoke(*arguments, **options)
        if "type" in result:
            message = NamedError(result["error"])
            message.type_name = result["type"]
            result["error"] = message
        return result

    return remembering


def _naming(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def naming(*arguments: Any) -> dict[str, Any]:
        result = execute(*arguments)
        message = (result.get("body") or {}).get("errorMessage") if result.get("error") else None
        if isinstance(message, NamedError):
            result["body"]["errorType"] = message.type_name
        elif message == _DIED:
            result["body"]["errorType"] = _EXIT
        return result

    return naming


def _as_aws_names_it(extract: Callable[..., str | None]) -> Callable[..., str | None]:
    def named(*arguments: Any) -> str | None:
        action = extract(*arguments)
        return _ACTIONS.get(action, action) if action else action

    return named


def _on_the_profile(extract: Callable[..., str]) -> Callable[..., str]:
    def on_the_profile(*arguments: Any) -> str:
        arn = extract(*arguments)
        model = _MODEL_ARN.fullmatch(arn)
        if model is None:
            return arn
        model_id, account = unquote(model["id"]), arguments[-1]
        if _PROFILE_ID.match(model_id):
            return f"{model['partition']}:{account}:inference-profile/{model_id}"
        return f"{model['partition']}::foundation-model/{model_id}"

    return on_the_profile


def _on_the_machine(extract: Callable[..., str]) -> Callable[..., str]:
    def on_the_machine(*arguments: Any) -> str:
        arn = extract(*arguments)
        if iam_actions.extract_iam_action(*arguments[:-2]) != "states:SendTaskSuccess":
            return arn
        return next(iter(stepfunctions._state_machines), arn)

    return on_the_machine


def _on_alarms(extract: Callable[..., str]) -> Callable[..., str]:
    def on_alarms(*arguments: Any) -> str:
        action = iam_actions.extract_iam_action(*arguments[:-2])
        if action not in ("cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"):
            return extract(*arguments)
        body, region, account = arguments[4], *arguments[-2:]
        # Of several alarms the emulator can ask about one only.
        name = json.loads(body)["AlarmNames"][0] if action == "cloudwatch:DeleteAlarms" else "*"
        return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"

    return on_alarms


def _on_the_parameter(extract: Callable[..., str]) -> Callable[..., str]:
    def on_the_parameter(*arguments: Any) -> str:
        if iam_actions.extract_iam_action(*arguments[:-2]) != "ssm:GetParameters":
            return extract(*arguments)
        body, region, account = arguments[4], *arguments[-2:]
        # Of several parameters, too.
        names = json.loads(body).get("Names") or ["*"]
        return f"arn:aws:ssm:{region}:{account}:parameter/{str(names[0]).lstrip('/')}"

    return on_the_parameter


def _by_the_role(resolve: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def by_the_role(key: str, context: Any) -> Any:
        value = resolve(key, context)
        if key.lower() == "aws:principalarn" and ":assumed-role/" in str(value):
            role = iam._roles.get_scoped(context.principal_account, None, value.split("/")[1])
            return role["Arn"] if role else value
        return value

    return by_the_role
