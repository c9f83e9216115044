"""What the model said to each case, kept for its author only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from promptops.domain.artifact import Artifact
from promptops.domain.dataset import Case
from promptops.domain.question import ModelName, Question
from promptops.domain.rendering import CompiledPrompt
from promptops.evaluation_ports import Answer, Embedded, Provider
from promptops.models.replay import question_digest


class Heard:
    """A provider that remembers the last answer to each question."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._answers: dict[str, str] = {}

    def answer(self, question: Question) -> Answer:
        answer = self._provider.answer(question)
        self._answers[question_digest(question)] = answer.text
        return answer

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        return self._provider.embed(model, texts)

    def to(self, cases: Iterable[Case], artifact: Artifact) -> Mapping[str, str]:
        """The answers to those of the cases that got one, by case id."""
        prompt = CompiledPrompt(artifact)
        keys = {
            case.case_id: question_digest(Question.of(artifact, prompt.render(case.variables)))
            for case in cases
        }
        return {case_id: self._answers[key] for case_id, key in keys.items() if key in self._answers}
