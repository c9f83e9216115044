"""The arguments of Bedrock's Converse: what is evaluated and what applications send are made here alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from promptops.domain.artifact import Artifact

_INFERENCE_FIELDS = {
    "max_tokens": "maxTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "stop_sequences": "stopSequences",
}


def converse_arguments(artifact: Artifact, messages: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """For `client.converse(**…)`: the version's model and parameters with these rendered messages.

    Parameters Converse has no field for go to the model as they are.
    """
    arguments: dict[str, Any] = {
        "modelId": artifact.model["id"],
        "messages": [
            {"role": message["role"], "content": [{"text": message["content"]}]}
            for message in messages
            if message["role"] != "system"
        ],
    }
    system = [{"text": message["content"]} for message in messages if message["role"] == "system"]
    inference: dict[str, object] = {}
    further: dict[str, object] = {}
    for name, value in artifact.parameters.items():
        if name in _INFERENCE_FIELDS:
            inference[_INFERENCE_FIELDS[name]] = value
        else:
            further[name] = value
    optional = {"system": system, "inferenceConfig": inference, "additionalModelRequestFields": further}
    return arguments | {name: value for name, value in optional.items() if value}
