"""The prompt an application holds: rendered on demand, honest about where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptops.aws.converse import converse_arguments
from promptops.domain.artifact import Artifact
from promptops.domain.question import Question
from promptops.domain.resolved import Resolved
from promptops.domain.variables import Variable


class Prompt:
    """One resolved version; a cheap value, made anew by every `get`."""

    __slots__ = ("_resolved",)

    def __init__(self, resolved: Resolved) -> None:
        self._resolved = resolved

    def __repr__(self) -> str:
        return f"<Prompt {self.prompt_id}@{self.version} in {self.environment}, revision {self.revision}>"

    @property
    def prompt_id(self) -> str:
        return self._resolved.prompt_id

    @property
    def environment(self) -> str:
        return self._resolved.environment

    @property
    def version(self) -> str:
        """Written as people do: `v12`."""
        return f"v{self._resolved.version}"

    @property
    def revision(self) -> int:
        """Which release of this prompt in this environment this is; a rollback is a higher one."""
        return self._resolved.revision

    @property
    def sha256(self) -> str:
        return self._resolved.sha256

    @property
    def source(self) -> str:
        """`aws` or `memory`."""
        return self._resolved.source

    @property
    def stale(self) -> bool:
        """Whether the last look at AWS failed and this is the last known good version."""
        return self._resolved.stale

    @property
    def age_seconds(self) -> float:
        """Time since the pointer was last read."""
        return self._resolved.age_seconds

    @property
    def model(self) -> str:
        return self._artifact.model["id"]

    @property
    def parameters(self) -> Mapping[str, object]:
        return self._artifact.parameters

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What the prompt declares, by name."""
        return self._artifact.variables

    def messages(self, **variables: object) -> list[dict[str, str]]:
        """The rendered messages, each `{role, content}`: the form OpenAI-compatible APIs take.

        Raises MissingVariable, UnknownVariable, InvalidVariableType or VariableTooLarge.
        """
        return self._resolved.prompt.render(variables)

    def text(self, **variables: object) -> str:
        """The rendered messages as one text, a blank line between them."""
        return "\n\n".join(message["content"] for message in self.messages(**variables))

    def converse(self, **variables: object) -> dict[str, Any]:
        """The arguments of Bedrock's `converse`: `client.converse(**prompt.converse(ticket=…))`."""
        return converse_arguments(Question.of(self._artifact, self.messages(**variables)))

    def explain(self) -> str:
        """Why this version, in one sentence."""
        resolved = self._resolved
        text = (
            f"{self.prompt_id} {self.version} is live in {self.environment} as of revision {self.revision}, "
            f"read {resolved.age_seconds:.1f} s ago from {'SSM and S3' if self.source == 'aws' else 'memory'}"
        )
        return f"{text}; last look failed: {resolved.problem}" if resolved.problem else text

    @property
    def _artifact(self) -> Artifact:
        return self._resolved.prompt.artifact
