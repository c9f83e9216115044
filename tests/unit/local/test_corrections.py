from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from infra.local.checkout import EMULATOR_PYTHON, ROOT

PREPARE = """
import json
from infra.local.corrections import apply_corrections
apply_corrections()
from ministack.core import iam_actions, lambda_runtime
from ministack.services import lambda_svc
"""


def in_the_emulator(code: str) -> Any:
    done = subprocess.run(
        [str(EMULATOR_PYTHON), "-c", PREPARE + code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("handler", "body"),
    [
        ("raise Throttled('slow down')", {"errorMessage": "slow down", "errorType": "Throttled"}),
        ("os._exit(1)", {"errorMessage": "Worker process died", "errorType": "Runtime.ExitError"}),
    ],
)
def test_a_failed_invocation_is_named_as_aws_names_it(handler: str, body: dict[str, str]):
    answered = in_the_emulator(f"""
import io, zipfile
zipped = io.BytesIO()
with zipfile.ZipFile(zipped, "w") as file:
    file.writestr("h.py", "import os\\nclass Throttled(Exception): pass\\n"
                          "def handler(event, context): {handler}")
config = {{"FunctionName": "f", "Handler": "h.handler", "Runtime": "python3.14", "Timeout": 20,
          "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
          "Environment": {{"Variables": {{}}}}}}
function = {{"config": config, "code_zip": zipped.getvalue()}}
print(json.dumps(lambda_svc._execute_function_warm(function, {{}}, "request-1")["body"]))
""")

    assert answered == body


@pytest.mark.parametrize(
    ("model", "arn"),
    [
        ("us.anthropic.claude-haiku-4-5-20251001-v1%3A0",
         "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0"),
        ("amazon.nova-lite-v1:0", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"),
    ],
)  # fmt: skip
def test_converse_is_authorised_as_invoking_the_model_or_its_profile(model: str, arn: str):
    seen = in_the_emulator(f"""
call = ("bedrock-runtime", "POST", "/model/{model}/converse", {{}}, b"{{}}", {{}})
arn = iam_actions.extract_resource_arn(*call, "us-east-1", "000000000000")
print(json.dumps([iam_actions.extract_iam_action(*call), arn]))
""")

    assert seen == ["bedrock:InvokeModel", arn]


def test_parameters_read_together_are_authorised_as_parameters():
    seen = in_the_emulator("""
body = json.dumps({"Names": ["/prompt-ops/dev/a/current", "/prompt-ops/dev/b/current"]}).encode()
call = ("ssm", "POST", "/", {"x-amz-target": "AmazonSSM.GetParameters"}, body, {})
arn = iam_actions.extract_resource_arn(*call, "us-east-1", "000000000000")
print(json.dumps([iam_actions.extract_iam_action(*call), arn]))
""")

    assert seen == [
        "ssm:GetParameters",
        "arn:aws:ssm:us-east-1:000000000000:parameter/prompt-ops/dev/a/current",
    ]


@pytest.mark.parametrize(
    ("action", "body", "alarm"),
    [
        ("DescribeAlarms", {"AlarmNamePrefix": "prompt-ops/dev/"}, "*"),
        ("DeleteAlarms", {"AlarmNames": ["prompt-ops/dev/a/v1/errors"]}, "prompt-ops/dev/a/v1/errors"),
        ("PutMetricAlarm", {"AlarmName": "prompt-ops/dev/a/v2/errors"}, "prompt-ops/dev/a/v2/errors"),
    ],
)
def test_alarms_are_looked_at_and_deleted_as_alarms(action: str, body: dict[str, object], alarm: str):
    seen = in_the_emulator(f"""
headers = {{"x-amz-target": "GraniteServiceVersion20100801.{action}", "content-type": "application/json"}}
call = ("monitoring", "POST", "/", headers, json.dumps({body!r}).encode(), {{}}, "us-east-1", "000000000000")
print(json.dumps(iam_actions.extract_resource_arn(*call)))
""")

    assert seen == f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{alarm}"


def test_a_task_is_woken_on_the_machine_that_waits():
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:prompt-ops-release"
    seen = in_the_emulator(f"""
from ministack.services import stepfunctions
stepfunctions._state_machines["{machine}"] = {{}}
headers = {{"x-amz-target": "AWSStepFunctions.SendTaskSuccess", "content-type": "application/x-amz-json-1.0"}}
call = ("states", "POST", "/", headers, b'{{"taskToken": "t"}}', {{}}, "us-east-1", "000000000000")
print(json.dumps(iam_actions.extract_resource_arn(*call)))
""")

    assert seen == machine
