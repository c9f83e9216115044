"""Object Lock as the templates state it, which the emulator's CloudFormation ignores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.local.clients import root_client
from infra.local.deploy import cloud_assembly
from infra.local.instance import Instance


def lock_buckets(instance: Instance) -> list[str]:
    """Lock every deployed bucket with the retention of its template; returns their names."""
    s3, cloudformation = root_client(instance, "s3"), root_client(instance, "cloudformation")
    locked = []
    for stack, logical_id, configuration in locked_in_templates(cloud_assembly(instance)):
        found = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        bucket: str = found["StackResourceDetail"]["PhysicalResourceId"]
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
        locked.append(bucket)
    return locked


def locked_in_templates(assembly: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Stack name, logical id and lock of each bucket that has one in a cloud assembly."""
    manifest = json.loads((assembly / "manifest.json").read_text())
    for name, artifact in manifest["artifacts"].items():
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        properties = artifact["properties"]
        template = json.loads((assembly / properties["templateFile"]).read_text())
        for logical_id, resource in template["Resources"].items():
            lock = resource.get("Properties", {}).get("ObjectLockConfiguration")
            if resource["Type"] == "AWS::S3::Bucket" and lock:
                yield properties.get("stackName", name), logical_id, lock
