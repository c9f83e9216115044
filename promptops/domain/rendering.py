"""From an artifact and values to the messages a model is sent: the one place where this happens."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.domain.artifact import Artifact
from promptops.domain.template import Template
from promptops.domain.variables import bind


class CompiledPrompt:
    """An artifact with its templates parsed, ready to be rendered many times."""

    __slots__ = ("_templates", "artifact")

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self._templates = tuple(
            (message.role, Template.parse(message.content)) for message in artifact.messages
        )

    def render(self, values: Mapping[str, object]) -> list[dict[str, str]]:
        """The messages, each `{role, content}`, few-shot examples between the system and the other messages.

        Raises MissingVariable, UnknownVariable, InvalidVariableType or VariableTooLarge.
        """
        texts = bind(self.artifact.variables, values)
        messages = [{"role": role, "content": template.render(texts)} for role, template in self._templates]
        if not self.artifact.examples:
            return messages
        leading = next(
            (at for at, message in enumerate(messages) if message["role"] != "system"), len(messages)
        )
        return [*messages[:leading], *self._examples(), *messages[leading:]]

    def _examples(self) -> list[dict[str, str]]:
        return [
            {"role": role, "content": example[part]}
            for example in self.artifact.examples
            for role, part in (("user", "input"), ("assistant", "output"))
        ]


def render(artifact: Artifact, values: Mapping[str, object]) -> list[dict[str, str]]:
    """The messages of one use; who renders the same artifact again keeps a CompiledPrompt."""
    return CompiledPrompt(artifact).render(values)
