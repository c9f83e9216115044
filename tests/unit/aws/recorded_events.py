"""Change events in the form AWS delivers them."""

from __future__ import annotations

from typing import Any

#: As EventBridge delivers it; "Parameter Store events", AWS Systems Manager User Guide.
PARAMETER_CHANGED: dict[str, Any] = {
    "version": "0",
    "id": "59b5dcb9-2d6c-1bd8-a1f5-6f4c0e2c5d0a",
    "detail-type": "Parameter Store Change",
    "source": "aws.ssm",
    "account": "111122223333",
    "time": "2026-03-01T10:42:07Z",
    "region": "eu-west-1",
    "resources": ["arn:aws:ssm:eu-west-1:111122223333:parameter/prompt-ops/dev/support-ticket/current"],
    "detail": {
        "operation": "Update",
        "name": "/prompt-ops/dev/support-ticket/current",
        "type": "String",
        "description": "",
    },
}


def stream_record(pk: str, sk: str, event: str = "MODIFY") -> dict[str, Any]:
    """As the stream of a table with KEYS_ONLY delivers it."""
    return {
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-west-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1772361727.0,
            "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 26,
            "StreamViewType": "KEYS_ONLY",
        },
        "eventSourceARN": "arn:aws:dynamodb:eu-west-1:111122223333:table/ledger/stream/2026-03-01",
    }


def parameter_change(name: object) -> dict[str, Any]:
    return {**PARAMETER_CHANGED, "detail": {**PARAMETER_CHANGED["detail"], "name": name}}
