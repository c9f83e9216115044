"""The arguments of Bedrock's Converse: what is evaluated and what applications send are made here alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from promptops.domain.errors import EvaluationError
from promptops.domain.question import STRUCTURED_OUTPUT, Question

_INFERENCE_FIELDS = {
    "max_tokens": "maxTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "stop_sequences": "stopSequences",
}


def converse_arguments(question: Question) -> dict[str, Any]:
    """For `client.converse(**…)`: the model, its parameters and the rendered messages.

    Parameters Converse has no field for go to the model as they are; a schema that is to be kept to, with
    the parameter `structured_output`, goes into `outputConfig`.
    """
    arguments: dict[str, Any] = {
        "modelId": question.model.id,
        "messages": [
            {"role": message["role"], "content": [{"text": message["content"]}]}
            for message in question.messages
            if message["role"] != "system"
        ],
    }
    system = [{"text": message["content"]} for message in question.messages if message["role"] == "system"]
    inference: dict[str, object] = {}
    further: dict[str, object] = {}
    for name, value in question.parameters.items():
        if name in _INFERENCE_FIELDS:
            inference[_INFERENCE_FIELDS[name]] = value
        elif name != STRUCTURED_OUTPUT:
            further[name] = value
    optional = {
        "system": system,
        "inferenceConfig": inference,
        "additionalModelRequestFields": further,
        "outputConfig": _output_config(question),
    }
    return arguments | {name: value for name, value in optional.items() if value}


def check_parameters(question: Question) -> None:
    """Raises EvaluationError naming the parameters that Converse could not take, without their values."""
    wrong = [
        name
        for name, fits in _FITTING.items()
        if name in question.parameters and not fits(question.parameters[name])
    ]
    if wrong:
        raise EvaluationError(
            f"Converse does not take {', '.join(wrong)} as written", "Correct parameters in prompt.yaml."
        )


def _output_config(question: Question) -> dict[str, Any]:
    if question.enforced_schema is None:
        return {}
    schema = {"name": "output", "schema": json.dumps(question.enforced_schema)}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_texts(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)


_FITTING: dict[str, Callable[[object], bool]] = {
    "max_tokens": _is_count,
    "temperature": _is_number,
    "top_p": _is_number,
    "stop_sequences": _are_texts,
}
