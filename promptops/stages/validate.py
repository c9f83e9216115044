"""validate: what publish would say about a source, without publishing it; and about a version, today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promptops.domain.artifact import Artifact
from promptops.domain.compile import (
    CompiledCases,
    check_artifact,
    compile_cases,
    compile_source,
    warnings_of,
)
from promptops.domain.graders.grading import Builder
from promptops.domain.graders.table import TABLE
from promptops.domain.identifiers import PromptRef
from promptops.domain.source import PromptSource
from promptops.ports import Artifacts, Registry


@dataclass(frozen=True)
class Validated:
    """A source that may be published; each warning is `W_CODE: what. advice`."""

    artifact: Artifact
    dataset: CompiledCases
    warnings: tuple[str, ...]

    @property
    def cases(self) -> int:
        return self.dataset.count


def validate(source: PromptSource, dataset: str, table: Mapping[str, Builder] = TABLE) -> Validated:
    """The compiled source and what is worth a second look; raises the first error there is."""
    artifact = compile_source(source)
    cases = compile_cases(source, dataset, table)
    return Validated(artifact, cases, warnings_of(source, artifact, cases.count))


def validate_version(ref: PromptRef, *, registry: Registry, artifacts: Artifacts) -> None:
    """Returns if the stored bytes are the registered ones and pass today's rules; raises what they break."""
    check_artifact(artifacts.load(registry.version(ref)))
