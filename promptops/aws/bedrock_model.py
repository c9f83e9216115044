"""The model of a version, asked through Bedrock's Converse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

from promptops.aws.converse import converse_arguments
from promptops.aws.error_mapping import mapped
from promptops.domain.artifact import Artifact
from promptops.domain.errors import (
    AccessRefused,
    EvaluationError,
    ModelUnavailable,
    Throttled,
    Unavailable,
)
from promptops.ports import Answer

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient
    from types_boto3_bedrock_runtime.type_defs import ConverseResponseTypeDef

#: An answer cut at max_tokens is the version's own doing, and graded as it is.
ANSWERED = ("end_turn", "stop_sequence", "max_tokens")

_ACCESS = (
    "The stack asks the models listed in cdk.json that the account has access to; a preview needs "
    "bedrock:InvokeModel for yourself."
)


def bedrock_client(connections: int, session: boto3.Session | None = None) -> BedrockRuntimeClient:
    """A client for so many calls at a time; it retries throttling and faults of the service."""
    config = Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 4},
        max_pool_connections=connections,
    )
    return (session or boto3.Session()).client("bedrock-runtime", config=config)


class BedrockModel:
    """Asks the model an artifact names, with the artifact's parameters."""

    def __init__(self, client: BedrockRuntimeClient) -> None:
        self._client = client

    def answer(self, artifact: Artifact, messages: Sequence[Mapping[str, str]]) -> Answer:
        """The answer; raises ModelUnavailable naming the reason, Throttled, AccessRefused or EvaluationError.

        No message quotes what was sent or answered.
        """
        response = self._converse(artifact, messages)
        content = response["output"].get("message", {}).get("content", [])
        text = "".join(block.get("text", "") for block in content)
        reason = response["stopReason"]
        if reason not in ANSWERED or not text.strip():
            what = f"stopped with {reason}" if reason not in ANSWERED else f"answered nothing ({reason})"
            raise ModelUnavailable(
                f"{artifact.model['id']} {what}", "Look at the case, the model and its guardrails."
            )
        usage = response["usage"]
        return Answer(text, usage["inputTokens"], usage["outputTokens"], response["metrics"]["latencyMs"])

    def _converse(self, artifact: Artifact, messages: Sequence[Mapping[str, str]]) -> ConverseResponseTypeDef:
        model_id = artifact.model["id"]
        try:
            with mapped("bedrock:Converse"):
                return self._client.converse(**converse_arguments(artifact, messages))
        except Throttled:
            raise
        except AccessRefused as error:
            raise AccessRefused(f"{model_id}: {error.what}", _ACCESS, action=error.data["action"]) from error
        except Unavailable as error:
            if isinstance(error.__cause__, ParamValidationError):
                raise EvaluationError(
                    f"Converse does not take the parameters {', '.join(artifact.parameters)}",
                    "Correct parameters in prompt.yaml.",
                ) from None
            raise ModelUnavailable(f"{model_id}: {error.what}", error.fix) from error
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise ModelUnavailable(
                f"{model_id} answered {code}",
                "Check the model id, its parameters and the account's model access.",
            ) from error
