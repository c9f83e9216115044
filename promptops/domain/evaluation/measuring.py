"""How a prompt's versions are measured: repeats, sample, and the models that help to grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from promptops.domain.canonical import digest
from promptops.domain.errors import InvalidMetadata, InvalidMetadataType, InvalidThreshold, shown
from promptops.domain.question import ModelName

MAX_REPEATS = 20
MIN_SAMPLE = 20


@dataclass(frozen=True)
class Measuring:
    """The `evaluation` part of prompt.yaml.

    Each case is asked `repeats` times. Of more than `sample` cases a stratified sample of that size, drawn
    with `seed`, is asked first. `judge` answers llm-rubric, `embedder` serves similar.
    """

    repeats: int = 1
    sample: int = 200
    seed: int = 0
    judge: ModelName | None = None
    embedder: ModelName | None = None

    def to_dict(self) -> dict[str, object]:
        """Only what differs from the defaults."""
        values: dict[str, object] = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        return {
            name: value.to_dict() if isinstance(value, ModelName) else value for name, value in values.items()
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Measuring:
        known = [field.name for field in fields(cls)]
        unknown = sorted(set(document) - set(known))
        if unknown:
            raise InvalidMetadata(f"evaluation has no {shown(unknown[0])}", f"Known: {', '.join(known)}.")
        models = {
            name: ModelName.from_dict(document[name], f"evaluation.{name}")
            for name in ("judge", "embedder")
            if document.get(name) is not None
        }
        return cls(
            repeats=_count(document, "repeats", cls.repeats, 1, MAX_REPEATS),
            sample=_count(document, "sample", cls.sample, MIN_SAMPLE, 1_000_000),
            seed=_count(document, "seed", cls.seed, 0, 2**53),
            **models,
        )

    def graded_by(self) -> str:
        """The digest of the models that grade; empty where none does."""
        models = {name: value for name, value in self.to_dict().items() if name in ("judge", "embedder")}
        return digest(models) if models else ""


def _count(document: Mapping[str, object], name: str, default: int, least: int, most: int) -> int:
    value = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidMetadataType(f"evaluation.{name} is {shown(value)}", "Write a whole number.")
    if not least <= value <= most:
        raise InvalidThreshold(f"evaluation.{name} is {value}", f"Write {least} to {most}.")
    return value
