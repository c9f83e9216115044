"""Pointers in Parameter Store, one parameter a prompt and environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from promptops.aws.error_mapping import mapped
from promptops.contract.names import pointer_parameter
from promptops.domain.errors import PointerLabelled, PromptOpsError

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient
    from types_boto3_ssm.type_defs import ParameterHistoryTypeDef

MAX_NAMES_PER_CALL = 10


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

    def read_many(self, prompt_ids: Sequence[str]) -> Mapping[str, str]:
        """The raw values of those that have a parameter, in few calls."""
        prompts = {self._name(prompt_id): prompt_id for prompt_id in prompt_ids}
        found = {}
        for start in range(0, len(prompts), MAX_NAMES_PER_CALL):
            names = [*prompts][start : start + MAX_NAMES_PER_CALL]
            with mapped("ssm:GetParameters"):
                for parameter in self._client.get_parameters(Names=names)["Parameters"]:
                    found[prompts[parameter["Name"]]] = parameter["Value"]
        return found

    def write(self, prompt_id: str, value: str) -> None:
        """Create or overwrite; the value says itself how new it is. Raises PointerLabelled."""
        name = self._name(prompt_id)
        with mapped("ssm:PutParameter"):
            try:
                self._client.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
            except self._client.exceptions.ParameterMaxVersionLimitExceeded as error:
                raise self._labelled(name) from error

    def last_writer(self, prompt_id: str) -> str:
        """The ARN of who wrote the current value; `unknown` where Parameter Store does not say."""
        with mapped("ssm:GetParameterHistory"):
            history = self._history(self._name(prompt_id))
        newest = max(history, key=lambda entry: entry["Version"])
        return newest.get("LastModifiedUser", "unknown")

    def _labelled(self, name: str) -> PointerLabelled:
        """A parameter keeps 100 values and drops none that has a label, so that no new one can come."""
        version, labels = "VERSION", "LABEL"
        with suppress(PromptOpsError, ClientError), mapped("ssm:GetParameterHistory"):
            oldest = min(self._history(name), key=lambda entry: entry["Version"])
            version, labels = str(oldest["Version"]), " ".join(oldest.get("Labels") or [labels])
        return PointerLabelled(
            f"{name} takes no new value, its oldest one has a label ({version}: {labels})",
            "It is committed. Remove the label: aws ssm unlabel-parameter-version"
            f" --name {name} --parameter-version {version} --labels {labels}",
        )

    def _history(self, name: str) -> list[ParameterHistoryTypeDef]:
        pages = self._client.get_paginator("get_parameter_history").paginate(Name=name)
        return [entry for page in pages for entry in page["Parameters"]]

    def _name(self, prompt_id: str) -> str:
        return pointer_parameter(self._prefix, self._environment, prompt_id)
