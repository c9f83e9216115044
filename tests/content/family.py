"""A prompt folder as the line reads it, and its score against its own cases."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptops.cli.folder import read_folder
from promptops.domain.artifact import Artifact, Message
from promptops.domain.dataset import Case, parse_dataset
from promptops.domain.rendering import render
from promptops.domain.source import PromptSource

PROMPTS = Path(__file__).parents[2] / "prompts"
FAMILIES = tuple(sorted(folder.parent.name for folder in PROMPTS.glob("*/prompt.yaml")))

Edit = Callable[[str], str]


@dataclass(frozen=True)
class Family:
    """One prompt folder: its source, its cases, and the lines the cases stand on."""

    source: PromptSource
    cases: tuple[Case, ...]
    documents: tuple[Mapping[str, Any], ...]

    @classmethod
    def load(cls, prompt_id: str) -> Family:
        folder = read_folder(PROMPTS / prompt_id)
        source = PromptSource.from_dict(folder.source)
        cases = parse_dataset(folder.dataset.encode(), source.variables)
        return cls(source, cases, tuple(json.loads(line) for line in folder.dataset.splitlines()))

    @property
    def templates(self) -> tuple[Message, ...]:
        """The message templates, blocks inlined."""
        return tuple(
            Message(message.role, self._inlined(message.content)) for message in self.source.messages
        )

    def messages(self, case: Case, edit_system: Edit = str) -> list[dict[str, str]]:
        """What is sent for one case, the system template edited first."""
        edited = tuple(
            Message(message.role, edit_system(message.content)) if message.role == "system" else message
            for message in self.templates
        )
        artifact = Artifact(self.source.prompt_id, edited, self.source.model, self.source.variables)
        return render(artifact, case.variables)

    def _inlined(self, text: str) -> str:
        for name, block in self.source.blocks.items():
            text = text.replace(f"{{{{> {name}}}}}", block.strip())
        return text


def score(family: Family, *, model: str, edit_system: Edit = str) -> float:
    """The mean score, 0.0 to 1.0, of a family's cases against the model server at the address `model`."""
    parameters = family.source.parameters
    scores = [
        case.grade(answer(family.messages(case, edit_system), model=model, **parameters)).score
        for case in family.cases
    ]
    return sum(scores) / len(scores)


def answer(messages: list[dict[str, str]], *, model: str, **parameters: Any) -> str:
    """The text the model server at the address `model` answers with."""
    body = json.dumps({"model": "any", "messages": messages, **parameters}).encode()
    url = f"{model}/v1/chat/completions"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return str(json.load(response)["choices"][0]["message"]["content"])
