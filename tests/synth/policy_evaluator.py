"""Would AWS allow this? The evaluation of identity and resource policies, as far as our templates use it.

An explicit deny wins; then one identity statement must allow, in the same account. A condition operator
that is not known here raises, so that no statement is passed over in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.synth.deployed import Deployed, Resource

Verdict = Literal["allowed", "denied", "not allowed"]
Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One request; `keys` are the condition keys AWS would fill in besides the principal's."""

    principal: str
    action: str
    resource: str
    keys: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


def verdict(call: Call, identity: Iterable[Statement], resource: Iterable[Statement] = ()) -> Verdict:
    """What AWS says to a call of a principal in the resource's own account."""
    keys = {"aws:PrincipalArn": call.principal, "aws:SecureTransport": "true", **call.keys}
    keys = {name.lower(): value for name, value in keys.items()}
    matching = [
        (statement, own)
        for own, statements in ((True, identity), (False, resource))
        for statement in statements
        if _applies(statement, call, keys)
    ]
    if any(statement["Effect"] == "Deny" for statement, _ in matching):
        return "denied"
    allowed = any(statement["Effect"] == "Allow" for statement, own in matching if own)
    return "allowed" if allowed else "not allowed"


def _applies(statement: Statement, call: Call, keys: Mapping[str, Any]) -> bool:
    return (
        _one_like(call.action.lower(), [action.lower() for action in _list(statement["Action"])])
        and _covers(statement, call.resource)
        and all(_holds(operator, wanted, keys) for operator, wanted in statement.get("Condition", {}).items())
    )


def _covers(statement: Statement, resource: str) -> bool:
    if "NotResource" in statement:
        return not _one_like(resource, _list(statement["NotResource"]))
    return _one_like(resource, _list(statement["Resource"]))


def _holds(operator: str, wanted: Mapping[str, Any], keys: Mapping[str, Any]) -> bool:
    return all(_holds_for(operator, keys.get(name.lower()), _list(values)) for name, values in wanted.items())


def _holds_for(operator: str, actual: Any, wanted: list[str]) -> bool:
    if operator == "Null":
        return (actual is None) == (wanted[0] == "true")
    if operator.endswith("IfExists"):
        return actual is None or _holds_for(operator.removesuffix("IfExists"), actual, wanted)
    quantifier, _, test = operator.rpartition(":")
    if quantifier == "ForAllValues":
        return all(_holds_for(test, value, wanted) for value in _list(actual or []))
    if quantifier == "ForAnyValue":
        return any(_holds_for(test, value, wanted) for value in _list(actual or []))
    if test == "ArnNotLike":
        return not _one_like(str(actual), wanted)
    if test in ("ArnLike", "ArnEquals", "StringLike"):
        return actual is not None and _one_like(str(actual), wanted)
    if test in ("StringEquals", "Bool"):
        return actual is not None and str(actual) in wanted
    if test == "NumericLessThan":
        return actual is not None and float(actual) < float(wanted[0])
    raise AssertionError(f"a policy uses the condition {operator}, which this evaluator does not know yet")


def _one_like(text: str, patterns: Iterable[str]) -> bool:
    return any(_like(text, pattern) for pattern in patterns)


def _like(text: str, pattern: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Account:
    """The roles, policies and protected resources of one installation, to ask about calls."""

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed

    def ask(self, who: str, action: str, resource: str, **keys: str | Sequence[str]) -> Verdict:
        """The verdict on a call of a function of ours, e.g. `promote-dev`, or of `release`, the workflow."""
        role = self.role(who)
        arn = self._deployed.resolve({"Fn::GetAtt": [role.id, "Arn"]})
        return verdict(
            self._call(arn, action, resource, keys), self.statements_of(role), self._guards(resource)
        )

    def ask_kit(self, kind: str, action: str, resource: str, **keys: str | Sequence[str]) -> Verdict:
        """The verdict on a call of a person who has one policy of the access kit, and nothing else."""
        policy = self._deployed.one("AWS::IAM::ManagedPolicy", f"AccessKit{kind}")
        statements = policy.properties["PolicyDocument"]["Statement"]
        return verdict(self._call(PERSON, action, resource, keys), statements, self._guards(resource))

    def ask_admin(self, action: str, resource: str, **keys: str | Sequence[str]) -> Verdict:
        """The verdict on a call of an administrator."""
        everything = [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
        return verdict(self._call(PERSON, action, resource, keys), everything, self._guards(resource))

    def role(self, who: str) -> Resource:
        (found,) = [
            role
            for role in self._deployed.all("AWS::IAM::Role")
            if role.properties["Path"] == f"/prompt-ops/{who}/"
        ]
        return found

    def statements_of(self, role: Resource) -> list[Statement]:
        return [
            statement
            for policy in self._deployed.all("AWS::IAM::Policy")
            if role.id in policy.properties["Roles"]
            for statement in policy.properties["PolicyDocument"]["Statement"]
        ]

    def _guards(self, resource: str) -> list[Statement]:
        """Statements on the resource itself: bucket, key or table policy."""
        deployed = self._deployed
        for bucket in deployed.all("AWS::S3::BucketPolicy"):
            arn = f"arn:aws:s3:::{bucket.properties['Bucket']}"
            if resource == arn or resource.startswith(f"{arn}/"):
                return list(bucket.properties["PolicyDocument"]["Statement"])
        for key in deployed.all("AWS::KMS::Key"):
            if deployed.arn(key) == resource:
                return list(key.properties["KeyPolicy"]["Statement"])
        for table in deployed.all("AWS::DynamoDB::Table"):
            if deployed.arn(table) == resource:
                return list(table.properties["ResourcePolicy"]["PolicyDocument"]["Statement"])
        return []

    @staticmethod
    def _call(principal: str, action: str, resource: str, keys: Mapping[str, Any]) -> Call:
        return Call(
            principal, action, resource, {name.replace("__", ":"): value for name, value in keys.items()}
        )


PERSON = "arn:aws:iam::123456789012:role/somebody"
