"""A prompt folder as the line reads it, and what an evaluation finds when a model answers its cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from promptops.cli.folder import read_folder
from promptops.domain.artifact import Artifact, Message
from promptops.domain.dataset import Case, parse_dataset
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.floors import Measured
from promptops.domain.evaluation.gate import Gate, judged
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.source import PromptSource
from promptops.evaluation_ports import Model
from promptops.measure import Measure, measure
from tests.unit.fakes_evaluation import FakeAssistants

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
    @cache
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

    def prompt(self, edit_system: Edit = str) -> CompiledPrompt:
        """What the cases are put into, the system template edited first."""
        edited = tuple(
            Message(message.role, edit_system(message.content)) if message.role == "system" else message
            for message in self.templates
        )
        source = self.source
        return CompiledPrompt(
            Artifact(source.prompt_id, edited, source.model, source.variables, source.parameters)
        )

    def evaluated(self, model: Model, edit_system: Edit = str, *, threads: int = 1) -> Run:
        """An evaluation of all cases with this model; nothing is live to compare with."""
        by = Measure(model, FakeAssistants(), threads=threads)
        results = measure(self.cases, self.prompt(edit_system), None, by=by)
        thresholds = self.source.policy.thresholds
        return Run(results, judged(Measured(results, len(self.cases)), thresholds, None))

    def _inlined(self, text: str) -> str:
        for name, block in self.source.blocks.items():
            text = text.replace(f"{{{{> {name}}}}}", block.strip())
        return text


@dataclass(frozen=True)
class Run:
    """What came of each case, and what the gate makes of it."""

    results: Sequence[CaseResult]
    gate: Gate

    @property
    def score(self) -> float:
        return _mean([result.score for result in self.results])

    @property
    def failed(self) -> set[str]:
        return {result.case_id for result in self.results if not result.passed}

    @property
    def failed_critical(self) -> set[str]:
        return {result.case_id for result in self.results if result.failed_critical}

    def of_metric(self, metric: str) -> float:
        return _mean([result.metrics[metric] for result in self.results if metric in result.metrics])

    def of_slice(self, tag: str) -> float:
        return _mean([result.score for result in self.results if tag in result.tags])


def _mean(scores: Sequence[float]) -> float:
    return sum(scores) / len(scores)
