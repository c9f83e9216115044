"""All that an installation shows, keeps or sends, as text to be searched: but the restricted bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.local.mail_page import sent_mail
from promptops.contract.names import DEFAULT_PREFIX
from tests.e2e.conftest import LocalAws
from tests.e2e.inside import installation


def shown_by(aws: LocalAws) -> dict[str, str]:
    """Everything by where it is."""
    restricted = aws.instance.outputs["EvaluationBucket"]
    buckets = [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]
    return {
        "log groups": _json(_log_events(aws)),
        "log files": "\n".join(
            file.read_text(encoding="utf-8", errors="replace")
            for file in aws.instance.logs.rglob("*")
            if file.is_file()
        ),
        "buckets": "\n".join(objects(aws, bucket) for bucket in buckets if bucket != restricted),
        "workflow": _json(_executions(aws)),
        "tables": _json(_rows(aws)),
        "parameters": _json(_parameters(aws)),
        "metrics and alarms": _json(_metrics(aws)),
        "mails": _json(sent_mail(aws.instance)),
    }


def objects(aws: LocalAws, bucket: str) -> str:
    """Keys, metadata and bytes of all versions of all objects."""
    s3, found = aws.client("s3"), []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", ()):
            place = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
            answer = s3.get_object(**place)
            found += [version["Key"], _json(answer["Metadata"])]
            found.append(answer["Body"].read().decode("utf-8", errors="replace"))
    return "\n".join(found)


def _log_events(aws: LocalAws) -> Iterator[object]:
    for page in _pages(aws, "logs", "describe_log_groups"):
        for group in page["logGroups"]:
            name = group["logGroupName"]
            yield name
            yield from _pages(aws, "logs", "filter_log_events", logGroupName=name)


def _executions(aws: LocalAws) -> Iterator[object]:
    """Input, output and history: what the workflow keeps of each run."""
    states, machine = aws.client("stepfunctions"), installation(aws).state_machine_arn
    for page in _pages(aws, "stepfunctions", "list_executions", stateMachineArn=machine):
        for execution in page["executions"]:
            arn = execution["executionArn"]
            yield states.describe_execution(executionArn=arn)
            yield from _pages(
                aws, "stepfunctions", "get_execution_history", executionArn=arn, includeExecutionData=True
            )


def _rows(aws: LocalAws) -> Iterator[object]:
    for page in _pages(aws, "dynamodb", "list_tables"):
        for table in page["TableNames"]:
            yield from _pages(aws, "dynamodb", "scan", TableName=table)


def _parameters(aws: LocalAws) -> Iterator[object]:
    root = {"Path": f"/{DEFAULT_PREFIX}", "Recursive": True}
    for page in _pages(aws, "ssm", "get_parameters_by_path", **root):
        yield page
        for parameter in page["Parameters"]:
            yield from _pages(aws, "ssm", "get_parameter_history", Name=parameter["Name"])


def _metrics(aws: LocalAws) -> Iterator[object]:
    yield from _pages(aws, "cloudwatch", "list_metrics")
    yield from _pages(aws, "cloudwatch", "describe_alarms")


def _pages(aws: LocalAws, service: str, operation: str, **arguments: object) -> Iterator[Mapping[str, Any]]:
    yield from aws.client(service).get_paginator(operation).paginate(**arguments)


def _json(value: object) -> str:
    listed = list(value) if isinstance(value, Iterator) else value
    return json.dumps(listed, ensure_ascii=False, default=str)
