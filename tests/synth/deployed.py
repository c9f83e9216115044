"""The stacks as CloudFormation would make them: every intrinsic replaced by a plausible value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.context import Context
from infra.line_stack import LineStack
from infra.state_stack import StateStack

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ROOT = Path(__file__).parents[2]
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "stack",
    "AWS::NoValue": None,
}
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{name}}",
    "AWS::KMS::Key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{name}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{name}}",
    "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{name}}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{name}}",
    "AWS::Cognito::UserPool": f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{{name}}",
    "AWS::Events::Rule": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{name}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{name}}:*",
    "AWS::StepFunctions::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{name}}",
    "AWS::IAM::ManagedPolicy": f"arn:aws:iam::{ACCOUNT}:policy/{{name}}",
}
#: Resources whose `Ref` is their ARN.
REF_IS_ARN = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::IAM::ManagedPolicy"}


@dataclass(frozen=True)
class Resource:
    """One resource with its properties resolved; `raw` is what stands in the template."""

    id: str
    type: str
    properties: Mapping[str, Any]
    raw: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The physical name it was given, or its logical id."""
        for key in ("FunctionName", "StateMachineName"):
            if key in self.properties:
                return str(self.properties[key])
        return self.id


@dataclass(frozen=True)
class Deployed:
    """Both stacks of one installation; resources by logical id, of both stacks together."""

    state: Mapping[str, Any]
    line: Mapping[str, Any]
    assembly: Path
    _resources: dict[str, Resource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for template in (self.state, self.line):
            for name, raw in template["Resources"].items():
                resolved = self.resolve(raw.get("Properties", {}))
                self._resources[name] = Resource(name, raw["Type"], resolved, raw)

    def all(self, type_: str = "") -> Iterator[Resource]:
        return (found for found in self._resources.values() if found.type == type_ or not type_)

    def one(self, type_: str, start: str = "") -> Resource:
        """The only resource of a type whose logical id begins so."""
        (found,) = [resource for resource in self.all(type_) if resource.id.startswith(start)]
        return found

    def arn(self, resource: Resource) -> str:
        return ARNS[resource.type].format(name=resource.name)

    def function(self, name: str) -> Resource:
        (found,) = [each for each in self.all("AWS::Lambda::Function") if each.name == f"prompt-ops-{name}"]
        return found

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, argument),) = value.items()
            if key == "Ref":
                return PSEUDO[argument] if argument in PSEUDO else self._reference(argument)
            if key == "Fn::GetAtt":
                return self._attribute(*argument)
            if key == "Fn::ImportValue":
                return self._import(argument)
            if key == "Fn::Join":
                return argument[0].join(str(self.resolve(part)) for part in argument[1])
            if key == "Fn::Sub":
                text = str(argument)
                for name, replacement in PSEUDO.items():
                    text = text.replace(f"${{{name}}}", str(replacement))
                return text
        return {key: self.resolve(item) for key, item in value.items()}

    def _raw(self, name: str) -> Mapping[str, Any]:
        for template in (self.state, self.line):
            for section in (template["Resources"], template["Parameters"]):
                if name in section:
                    return section[name]
        raise KeyError(name)

    def _reference(self, name: str) -> str:
        raw = self._raw(name)
        return self._attribute(name, "Arn") if raw["Type"] in REF_IS_ARN else self._name(name)

    def _name(self, name: str) -> str:
        given = self._raw(name).get("Properties", {})
        return str(given.get("FunctionName", given.get("StateMachineName", name)))

    def _attribute(self, name: str, attribute: str) -> str:
        raw = self._raw(name)
        if raw["Type"] == "AWS::IAM::Role":
            return f"arn:aws:iam::{ACCOUNT}:role{raw['Properties']['Path']}{name}"
        if attribute in ("Arn", "TopicArn") and raw["Type"] in ARNS:
            return ARNS[raw["Type"]].format(name=self._name(name))
        return f"{name}.{attribute}"

    def _import(self, export: str) -> Any:
        for output in self.state["Outputs"].values():
            if output.get("Export", {}).get("Name") == export:
                return self.resolve(output["Value"])
        raise KeyError(export)


def deploy(outdir: Path, *, checked: bool = False, **overrides: object) -> Deployed:
    """The app synthesised with `cdk.json` and these overrides; `checked` adds the nag's report."""
    given = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(context={**given, **overrides}, outdir=str(outdir))
    context = Context.of(app)
    state = StateStack(app, context)
    LineStack(app, context, state)
    if checked:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    # The nag fails a synthesis that has findings, after writing it all; test_nag.py judges them.
    with suppress(RuntimeError) if checked else nullcontext():
        app.synth()
    read = {stack: json.loads((outdir / f"{stack}.template.json").read_text()) for stack in STACKS}
    return Deployed(read[STACKS[0]], read[STACKS[1]], outdir)


STACKS = ("PromptOpsState", "PromptOpsLine")
