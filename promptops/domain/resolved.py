"""The live version of a prompt as an application gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from promptops.domain.errors import PromptOpsError
from promptops.domain.rendering import CompiledPrompt

Source = Literal["aws", "memory"]


@dataclass(frozen=True)
class Resolved:
    """The live version of a prompt, and how sure this process is that it is.

    `source` is where this answer came from; `stale` says that the last look at AWS failed; `age_seconds` is
    the time since the pointer was last read.
    """

    prompt_id: str
    environment: str
    version: int
    revision: int
    sha256: str
    prompt: CompiledPrompt
    source: Source
    stale: bool
    age_seconds: float
    problem: PromptOpsError | None = None


def described(resolved: Resolved, variables: Mapping[str, object] | None) -> dict[str, object]:
    """The answer for another process: messages rendered with the variables, or as templates for None."""
    prompt = resolved.prompt
    artifact = prompt.artifact
    templates = [{"role": message.role, "content": message.content} for message in artifact.messages]
    return {
        "prompt_id": resolved.prompt_id,
        "environment": resolved.environment,
        "version": f"v{resolved.version}",
        "revision": resolved.revision,
        "sha256": resolved.sha256,
        "messages": templates if variables is None else prompt.render(variables),
        "rendered": variables is not None,
        "variables": {name: variable.to_dict() for name, variable in artifact.variables.items()},
        "model": dict(artifact.model),
        "parameters": dict(artifact.parameters),
        "source": resolved.source,
        "stale": resolved.stale,
        "age_seconds": resolved.age_seconds,
    }
