"""Which provider a question goes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptops.domain.errors import AccessRefused, shown
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded, Provider


class ByProvider:
    """One provider out of several, by the name in `model.provider`: `bedrock`, or an endpoint's."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = dict(providers)

    def answer(self, question: Question) -> Answer:
        """Raises AccessRefused where nobody has that name, or what the provider raises."""
        return self._named(question.model).answer(question)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        return self._named(model).embed(model, texts)

    def _named(self, model: ModelName) -> Provider:
        provider = self._providers.get(model.provider)
        if provider is None:
            known = ", ".join(sorted(self._providers))
            raise AccessRefused(
                f"{shown(model.id)} is of the provider {shown(model.provider)}, which is not allowed here",
                f"Known: {known}. Endpoints are listed under endpoints in cdk.json.",
            )
        return provider
