"""Pointers in Parameter Store, one parameter a prompt and environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptops.aws.error_mapping import mapped
from promptops.contract.names import pointer_parameter

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient


class SsmPointers:
    """The pointers of one environment."""

    def __init__(self, prefix: str, environment: str, client: SSMClient) -> None:
        self._prefix = prefix
        self._environment = environment
        self._client = client

    def read(self, prompt_id: str) -> str | None:
        """The raw value, None where there is no parameter."""
        with mapped("ssm:GetParameter"):
            try:
                return self._client.get_parameter(Name=self._name(prompt_id))["Parameter"]["Value"]
            except self._client.exceptions.ParameterNotFound:
                return None

    def write(self, prompt_id: str, value: str) -> None:
        """Create or overwrite; the value says itself how new it is."""
        with mapped("ssm:PutParameter"):
            self._client.put_parameter(Name=self._name(prompt_id), Value=value, Type="String", Overwrite=True)

    def last_writer(self, prompt_id: str) -> str:
        """The ARN of who wrote the current value; `unknown` where Parameter Store does not say."""
        with mapped("ssm:GetParameterHistory"):
            pages = self._client.get_paginator("get_parameter_history").paginate(Name=self._name(prompt_id))
            history = [entry for page in pages for entry in page["Parameters"]]
        newest = max(history, key=lambda entry: entry["Version"])
        return newest.get("LastModifiedUser", "unknown")

    def _name(self, prompt_id: str) -> str:
        return pointer_parameter(self._prefix, self._environment, prompt_id)
