"""Roles of our own functions: told apart by their path, so that nothing needs a fixed name."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct


class ServiceRole(Construct):
    """A role for one service with exactly these statements; CDK cannot widen it afterwards."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        prefix: str,
        name: str,
        service: str,
        statements: Sequence[iam.PolicyStatement],
        conditions: dict[str, dict[str, str]] | None = None,
    ) -> None:
        super().__init__(scope, id)
        principal = iam.ServicePrincipal(service, conditions=conditions)
        role = iam.Role(self, "Role", assumed_by=principal, path=f"/{prefix}/{name}/")
        self.policy = iam.Policy(self, "Policy", roles=[role], statements=list(statements))
        self.arn = role.role_arn
        self.role = role.without_policy_updates()


def role_pattern(prefix: str, name: str = "*") -> str:
    """What `aws:PrincipalArn` is like for one function's role, or for all roles of the installation."""
    roles = "*" if name == "*" else f"{name}/*"
    return f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{prefix}/{roles}"
