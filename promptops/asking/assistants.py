"""The models that help to grade, as a prompt's `evaluation` part names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptops.domain.errors import GraderUnavailable
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.question import Question
from promptops.evaluation_ports import Provider

#: As little chance as the model allows, and room for a reason.
JUDGE_PARAMETERS: Mapping[str, object] = {"temperature": 0, "max_tokens": 1024}


class ModelAssistants:
    """Judge and embedder, asked through `provider`: what they cost counts like all else."""

    def __init__(self, provider: Provider, measuring: Measuring) -> None:
        self._provider = provider
        self._measuring = measuring

    def judge(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The judge's answer; raises GraderUnavailable if none is named, or what the provider raises."""
        if self._measuring.judge is None:
            raise GraderUnavailable(
                "an assertion needs a judge and the prompt names none",
                "Write evaluation: {judge: {id: …}} in prompt.yaml.",
            )
        return self._provider.answer(Question(self._measuring.judge, messages, JUDGE_PARAMETERS)).text

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """One vector a text; raises as `judge` does."""
        if self._measuring.embedder is None:
            raise GraderUnavailable(
                "an assertion needs an embedder and the prompt names none",
                "Write evaluation: {embedder: {id: …}} in prompt.yaml.",
            )
        return self._provider.embed(self._measuring.embedder, texts).vectors
