"""Promises of the price table: a price has a day and a source, and what is not known is not guessed."""

from __future__ import annotations

from datetime import date

import pytest

from promptops.domain.evaluation.prices import PRICES, Price, PriceTable
from promptops.domain.question import ModelName

HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"


@pytest.mark.parametrize("model", PRICES)
def test_every_price_has_its_day_its_official_source_and_plausible_figures(model: str):
    price = PRICES[model]

    assert date.fromisoformat(price.as_of) >= date(2026, 1, 1)
    assert price.source.startswith(("https://aws.amazon.com/", "https://platform.claude.com/"))
    assert 0 < price.input_usd < 100
    assert (price.output_usd == 0) == ("embed" in model)
    assert price.cached_input_usd is None or price.cached_input_usd < price.input_usd


@pytest.mark.parametrize(
    ("model", "input_usd", "output_usd"),
    [
        (f"global.{HAIKU}", 1.0, 5.0),
        (f"us.{HAIKU}", 1.1, 5.5),
        (f"eu.{HAIKU}", 1.1, 5.5),
        (HAIKU, 1.1, 5.5),
        ("us.amazon.nova-pro-v1:0", 0.8, 3.2),
        ("amazon.nova-pro-v1:0", 0.8, 3.2),
        ("amazon.titan-embed-text-v2:0", 0.02, 0.0),
    ],
)
def test_a_profile_costs_what_its_geography_costs(model: str, input_usd: float, output_usd: float):
    price = PriceTable().of(ModelName(model))

    assert price is not None
    assert (price.input_usd, price.output_usd) == (input_usd, output_usd)


@pytest.mark.parametrize(
    "model",
    [
        ModelName("example.no-such-model"),
        ModelName(f"mars.{HAIKU}"),
        ModelName(f"us-gov.{HAIKU}"),
        ModelName(f"{HAIKU}:extended"),
        ModelName("arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc"),
        ModelName(HAIKU, "somewhere-else"),
    ],
    ids=str,
)
def test_what_is_not_in_the_table_has_no_price(model: ModelName):
    assert PriceTable().of(model) is None


def test_an_installations_own_price_holds_before_the_table():
    own = Price(0.5, 2.0, "2026-01-15", "cdk.json")
    table = PriceTable({ModelName(HAIKU): own, ModelName("m", "endpoint"): own})

    assert table.of(ModelName(HAIKU)) is own
    assert table.of(ModelName("m", "endpoint")) is own
    assert table.of(ModelName("m")) is None


def test_a_cost_is_as_old_as_its_oldest_price():
    own = Price(0.5, 2.0, "2020-01-15", "cdk.json")
    table = PriceTable({ModelName("m", "endpoint"): own})

    assert table.as_of([ModelName(HAIKU), ModelName("m", "endpoint")]) == "2020-01-15"
    assert table.as_of([ModelName("nobody-knows")]) == ""


def test_tokens_are_counted_in_millions():
    price = Price(3.0, 15.0, "2026-01-15", "here", cached_input_usd=0.3)

    assert price.cost_usd(1_000_000, 1_000_000) == 18.0
    assert price.cost_usd(1_000_000, 0, 1_000_000) == 0.3
    assert Price(3.0, 15.0, "2026-01-15", "here").cost_usd(1_000_000, 0, 1_000_000) == 3.0
