"""What models cost as of a day, with the page to check it on; who is not in the table has no price.

List prices on demand, in US dollars, as most commercial Regions have them; an account's own may differ, and
`prices` beside a model in the stack's context say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from promptops.domain.question import ModelName

_MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """US dollars a million tokens; without `cached_input_usd` input from a cache costs what input costs."""

    input_usd: float
    output_usd: float
    as_of: str
    source: str
    cached_input_usd: float | None = None

    def cost_usd(self, input_tokens: int, output_tokens: int, cached_input_tokens: int = 0) -> float:
        """`cached_input_tokens` are among the `input_tokens`."""
        cached = self.input_usd if self.cached_input_usd is None else self.cached_input_usd
        fresh = input_tokens - cached_input_tokens
        whole = fresh * self.input_usd + cached_input_tokens * cached + output_tokens * self.output_usd
        return whole / _MILLION


def _claude(input_usd: float, output_usd: float) -> Price:
    """Reading the cache costs a tenth of the input."""
    source = "https://platform.claude.com/docs/en/about-claude/pricing"
    return Price(input_usd, output_usd, "2026-10-24", source, round(input_usd / 10, 6))


def _on_bedrock(input_usd: float, output_usd: float = 0.0, cached_usd: float | None = None) -> Price:
    return Price(input_usd, output_usd, "2026-05-01", "https://aws.amazon.com/bedrock/pricing/", cached_usd)


#: Of the models themselves; for Claude what a `global` profile costs.
PRICES: Mapping[str, Price] = {
    "anthropic.claude-haiku-4-5-20251001-v1:0": _claude(1.0, 5.0),
    "anthropic.claude-sonnet-4-5-20250929-v1:0": _claude(3.0, 15.0),
    "anthropic.claude-sonnet-4-6": _claude(3.0, 15.0),
    "anthropic.claude-opus-4-5-20251101-v1:0": _claude(5.0, 25.0),
    "anthropic.claude-opus-4-6-v1": _claude(5.0, 25.0),
    "amazon.nova-micro-v1:0": _on_bedrock(0.035, 0.14, 0.00875),
    "amazon.nova-lite-v1:0": _on_bedrock(0.06, 0.24, 0.015),
    "amazon.nova-pro-v1:0": _on_bedrock(0.8, 3.2, 0.2),
    "amazon.titan-embed-text-v2:0": _on_bedrock(0.02),
    "cohere.embed-english-v3": _on_bedrock(0.1),
    "cohere.embed-multilingual-v3": _on_bedrock(0.1),
}

#: Inference profiles that name a model by putting a geography before its id. GovCloud has prices of its own.
_GLOBAL = "global"
_GEOGRAPHIES = frozenset({"us", "eu", "apac", "jp", "au", "ca", _GLOBAL})
#: Since Claude Sonnet 4.5, what does not route globally costs this much more: one Region, or one geography.
_REGIONAL_SHARE = 1.1
_REGIONAL_PREMIUM = "anthropic."


class PriceTable:
    """Our table, and before it the prices an installation gives its models itself."""

    def __init__(self, own: Mapping[ModelName, Price] | None = None) -> None:
        self._own = dict(own or {})

    def of(self, model: ModelName) -> Price | None:
        """None where nobody knows: an endpoint's model, an ARN, a model that is not in the table."""
        if model in self._own:
            return self._own[model]
        return _listed(model.id) if model.provider == "bedrock" else None

    def as_of(self, models: Iterable[ModelName]) -> str:
        """The day of the oldest of their prices; empty where none is known."""
        return min((price.as_of for model in models if (price := self.of(model))), default="")


def _listed(model_id: str) -> Price | None:
    first, _, rest = model_id.partition(".")
    geography, model = (first, rest) if first in _GEOGRAPHIES else ("", model_id)
    price = PRICES.get(model)
    if price is None or geography == _GLOBAL or not model.startswith(_REGIONAL_PREMIUM):
        return price
    dearer = {
        name: round(getattr(price, name) * _REGIONAL_SHARE, 6)
        for name in ("input_usd", "output_usd", "cached_input_usd")
    }
    return replace(price, **dearer)
