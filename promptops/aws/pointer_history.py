"""What was written to a pointer, as Parameter Store remembers it: the last 100 values."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from promptops.aws.dynamodb_transaction import Sleep, attempts
from promptops.aws.error_mapping import mapped
from promptops.contract.names import pointer_parameter
from promptops.domain.audit_pointer import Written
from promptops.domain.errors import Throttled

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient
    from types_boto3_ssm.type_defs import ParameterHistoryTypeDef


class SsmPointerHistory:
    """The histories of one environment's pointers."""

    def __init__(
        self, prefix: str, environment: str, client: SSMClient, *, sleep: Sleep = time.sleep
    ) -> None:
        self._prefix = prefix
        self._environment = environment
        self._client = client
        self._sleep = sleep

    def written(self, prompt_id: str) -> Sequence[Written]:
        """Oldest first; none where there is no parameter."""
        for _ in attempts(self._sleep):
            try:
                return self._written(prompt_id)
            except Throttled as error:
                # An audit of many prompts asks more often than an account may.
                last = error
        raise last

    def _written(self, prompt_id: str) -> Sequence[Written]:
        name = pointer_parameter(self._prefix, self._environment, prompt_id)
        with mapped("ssm:GetParameterHistory"):
            try:
                pages = self._client.get_paginator("get_parameter_history").paginate(Name=name)
                entries = [entry for page in pages for entry in page["Parameters"]]
            except self._client.exceptions.ParameterNotFound:
                return []
        return sorted(map(_entry, entries), key=lambda entry: entry.number)


def _entry(entry: ParameterHistoryTypeDef) -> Written:
    at = entry["LastModifiedDate"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return Written(entry["Version"], entry["Value"], entry.get("LastModifiedUser", "unknown"), at)
