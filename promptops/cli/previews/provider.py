"""Who answers in a preview: Bedrock with the caller's own access, one endpoint, or a recorded run."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from promptops.asking.pace import Pace
from promptops.asking.run import Asking
from promptops.asking.spend import Caps
from promptops.cli.previews.asked import Asked
from promptops.cli.previews.recording import replay_of
from promptops.domain.artifact import Artifact
from promptops.domain.errors import InvalidUsage, shown
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.evaluation.prices import PriceTable
from promptops.domain.question import ModelName
from promptops.evaluation_ports import Provider
from promptops.models.by_provider import ByProvider

if TYPE_CHECKING:
    from promptops.cli.line import Line

KEY_VARIABLE = "OPENAI_API_KEY"
BEDROCK = "bedrock"


def models_of(artifacts: Iterable[Artifact | None], measuring: Measuring) -> list[ModelName]:
    """The models a preview asks: the first is the prompt's own."""
    own = [ModelName(item.model["id"], item.model["provider"]) for item in artifacts if item]
    return [*own, *(model for model in (measuring.judge, measuring.embedder) if model)]


def provider(asked: Asked, models: list[ModelName], line: Line) -> Provider:
    """Raises InvalidUsage for a model that is neither Bedrock's nor asked at --endpoint, and of a recording
    what reading it raises."""
    if asked.replay:
        return replay_of(asked.replay)
    names = {model.provider for model in models}
    if asked.endpoint:
        from promptops.models.endpoint import Endpoint
        from promptops.models.openai_compatible import OpenAiCompatible

        endpoint = Endpoint("--endpoint", asked.endpoint, lambda: os.environ.get(KEY_VARIABLE, ""))
        one = OpenAiCompatible(endpoint, connections=asked.concurrency)
        return ByProvider(dict.fromkeys(names, one))
    elsewhere = sorted(names - {BEDROCK})
    if elsewhere:
        raise InvalidUsage(
            f"a model of the provider {shown(elsewhere[0])} is asked at an endpoint",
            f"Name it with --endpoint URL; its key is read from {KEY_VARIABLE}.",
        )
    from promptops.aws.bedrock import Bedrock

    return ByProvider({BEDROCK: Bedrock(asked.concurrency, line.session)})


def asking(asked: Asked, models: list[ModelName], answering: Provider, today: str) -> Asking:
    """With the pace, the cap and the price that were asked for."""
    price = asked.own_price(today)
    return Asking(
        answering,
        prices=PriceTable({models[0]: price} if price else None),
        caps=Caps(run_usd=asked.max_usd),
        # Nothing ends this process: whoever waits long is not too late.
        pace=Pace(dict.fromkeys(models, asked.rpm) if asked.rpm else None, max_wait_seconds=math.inf),
    )
