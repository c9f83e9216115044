"""What a model is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promptops.domain.artifact import Artifact
from promptops.domain.errors import InvalidMetadata, InvalidMetadataType, shown

#: Our own parameter, meant for whoever asks and not for the model.
STRUCTURED_OUTPUT = "structured_output"


@dataclass(frozen=True)
class ModelName:
    """A model and who provides it: `bedrock`, or the name of an endpoint listed in the stack's context."""

    id: str
    provider: str = "bedrock"

    @classmethod
    def from_dict(cls, document: object, where: str) -> ModelName:
        if not isinstance(document, Mapping) or not set(document) <= {"id", "provider"}:
            raise InvalidMetadataType(f"{where} is {shown(document)}", "Write {id: …, provider: bedrock}.")
        model_id, provider = document.get("id"), document.get("provider", "bedrock")
        if not isinstance(model_id, str) or not model_id or not isinstance(provider, str) or not provider:
            raise InvalidMetadata(f"{where} names no model", "Write {id: …, provider: bedrock}.")
        return cls(model_id, provider)

    def to_dict(self) -> dict[str, str]:
        return {"id": self.id, "provider": self.provider}


@dataclass(frozen=True)
class Question:
    """What a model is asked: rendered messages, and the model's own settings.

    With the parameter `structured_output: true` the provider is told to keep to the `output_schema`.
    """

    model: ModelName
    messages: Sequence[Mapping[str, str]]
    parameters: Mapping[str, object] = field(default_factory=dict)
    output_schema: Mapping[str, object] | None = None

    @property
    def enforced_schema(self) -> Mapping[str, object] | None:
        """The schema the provider is told to keep to, None where the version does not ask for it."""
        return self.output_schema if self.parameters.get(STRUCTURED_OUTPUT) is True else None

    @classmethod
    def of(cls, artifact: Artifact, messages: Sequence[Mapping[str, str]]) -> Question:
        """What a version asks its own model."""
        model = ModelName(artifact.model["id"], artifact.model["provider"])
        return cls(model, messages, artifact.parameters, artifact.output_schema)
