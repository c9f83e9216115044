"""Log groups that are explicit, expire, and go with the line."""

from __future__ import annotations

from typing import cast

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.context import Context


def log_group(scope: Construct, id: str, context: Context, *, name: str | None = None) -> logs.LogGroup:
    """A log group kept for `log_days`; a name only where a service asks for one."""
    group = logs.LogGroup(scope, id, log_group_name=name, removal_policy=RemovalPolicy.DESTROY)
    cast(logs.CfnLogGroup, group.node.default_child).retention_in_days = context.log_days
    return group
