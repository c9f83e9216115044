"""What the evaluate function is told of the models it asks: how fast, for how much, and where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from promptops.domain.evaluation.prices import Price
from promptops.domain.question import ModelName


@dataclass(frozen=True)
class AskedModel:
    """One model's settings; 0 requests a minute is no limit, no price is that of our own table."""

    name: ModelName
    requests_per_minute: int = 0
    price: Price | None = None


@dataclass(frozen=True)
class AskedEndpoint:
    """An endpoint, where its key is kept, and the ids of the models that may be asked there."""

    name: str
    url: str
    secret_arn: str
    models: tuple[str, ...]


def models_to_json(models: Sequence[AskedModel]) -> str:
    """As short as it goes: a function's settings have 4 KB in all. What has no settings is left out."""
    return _short(
        [
            {
                **model.name.to_dict(),
                "rpm": model.requests_per_minute,
                "price": asdict(model.price) if model.price else None,
            }
            for model in models
            if model.requests_per_minute or model.price
        ]
    )


def models_from_json(text: str) -> list[AskedModel]:
    return [
        AskedModel(
            ModelName(item["id"], item["provider"]),
            item["rpm"],
            Price(**item["price"]) if item["price"] else None,
        )
        for item in json.loads(text)
    ]


def endpoints_to_json(endpoints: Sequence[AskedEndpoint]) -> str:
    return _short([asdict(endpoint) for endpoint in endpoints])


def endpoints_from_json(text: str) -> list[AskedEndpoint]:
    return [AskedEndpoint(**{**item, "models": tuple(item["models"])}) for item in json.loads(text)]


def _short(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))
