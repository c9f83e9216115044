"""What of the AWS SDK a function relies on: the runtime brings its own, which may be older than our code."""

from __future__ import annotations

from typing import TypeVar

from botocore.client import BaseClient

C = TypeVar("C", bound=BaseClient)


class OutdatedSdk(RuntimeError):
    """The runtime's SDK lacks a parameter; a fault of the deployment, said at start instead of mid-way."""


def knowing(client: C, operation: str, *parameters: str) -> C:
    """The client, if its SDK knows these parameters of the operation; raises OutdatedSdk."""
    model = client.meta.service_model
    shape = model.operation_model(operation).input_shape
    missing = [name for name in parameters if shape is None or name not in shape.members]
    if missing:
        raise OutdatedSdk(f"{model.service_name}:{operation} has no {', '.join(missing)} in this SDK")
    return client
