from __future__ import annotations

import json
from pathlib import Path

from infra.local.object_lock import locked_in_templates


def test_every_bucket_with_a_lock_is_found_with_the_retention_of_its_template(tmp_path: Path):
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}}}
    resources = {
        "Locked": {"Type": "AWS::S3::Bucket", "Properties": {"ObjectLockConfiguration": lock}},
        "Plain": {"Type": "AWS::S3::Bucket"},
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
    }
    (tmp_path / "State.template.json").write_text(json.dumps({"Resources": resources}))
    stack = {"type": "aws:cloudformation:stack",
             "properties": {"templateFile": "State.template.json", "stackName": "State-two"}}  # fmt: skip
    manifest = {"artifacts": {"State": stack, "Tree": {"type": "cdk:tree"}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))

    assert list(locked_in_templates(tmp_path)) == [("State-two", "Locked", lock)]
