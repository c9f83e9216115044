"""What cdk.json and -c may say, and the answer to what they may not."""

from __future__ import annotations

import json

import pytest

from infra.context import Context
from infra.context_values import Environment, InvalidContext
from promptops.contract.asked_models import AskedModel
from promptops.domain.evaluation.prices import Price, PriceTable
from promptops.domain.question import ModelName
from tests.synth.deployed import ROOT

DAY = {"as_of": "2026-03-01"}
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:models/key-AbCdEf"
ENDPOINT = {
    "name": "other",
    "url": "https://models.example.com/v1",
    "secret_arn": SECRET,
    "models": [{"id": "m", "requests_per_minute": 600, "prices": {"input": 0.5, "output": 2, **DAY}}],
}
GIVEN = json.loads((ROOT / "cdk.json").read_text())["context"]["promptops"]


def test_the_shipped_context_has_three_environments_and_asks_approval_in_prod():
    context = Context.from_dict(GIVEN)

    assert context.environments == (
        Environment("dev"),
        Environment("staging"),
        Environment("prod", "required"),
    )
    assert context.people == ()
    assert context.mail_from == ""
    assert context.lock_mode == "GOVERNANCE"


def test_an_empty_context_deploys_the_same_environments():
    assert Context.from_dict({}).environments == Context.from_dict(GIVEN).environments


def test_numbers_may_come_as_text_from_the_command_line():
    assert Context.from_dict({"ttl_seconds": "15"}).ttl_seconds == 15


def test_the_prefix_is_part_of_the_stack_names_unless_it_is_the_default():
    assert Context.from_dict({}).stack_name("PromptOpsLine") == "PromptOpsLine"
    assert Context.from_dict({"prefix": "second"}).stack_name("PromptOpsLine") == "PromptOpsLine-second"


def test_an_evaluation_is_capped_unless_somebody_says_otherwise():
    shipped, lifted = Context.from_dict(GIVEN), {"evaluation_max_usd_per_run": "none"}

    assert (shipped.evaluation_max_usd_per_run, shipped.evaluation_max_usd_per_day) == ("25", "250")
    assert Context.from_dict({}).evaluation_max_usd_per_day == "250"
    assert Context.from_dict(lifted).evaluation_max_usd_per_run == "none"
    assert Context.from_dict({"evaluation_max_usd_per_day": "12.5"}).evaluation_max_usd_per_day == "12.5"


def test_the_models_shipped_have_a_known_price():
    for model in Context.from_dict(GIVEN).asked_models:
        assert PriceTable().of(model.name) is not None


def test_models_of_bedrock_and_of_endpoints_have_their_limits_and_prices():
    context = Context.from_dict(
        {"models": [{"id": "m", "prices": {"input": 1, "cached_input": 0.1, **DAY}}], "endpoints": [ENDPOINT]}
    )

    ours, theirs = context.asked_models
    assert ours == AskedModel(ModelName("m"), 0, Price(1.0, 0.0, "2026-03-01", "cdk.json", 0.1))
    assert theirs == AskedModel(ModelName("m", "other"), 600, Price(0.5, 2.0, "2026-03-01", "cdk.json"))
    assert context.accepted_model_kinds == ("bedrock", "endpoint/other")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"prefix": "Prompt_Ops"}, "use a-z, 0-9"),
        ({"prefix": "x" * 21}, "at most 20"),
        ({"prefix": "ssm-prompts"}, "not beginning with aws or ssm"),
        ({"prefix": "my-cognito"}, "may not contain 'cognito'"),
        ({"environments": []}, "at least one"),
        ({"environments": "prod"}, "environments is 'prod'; write it as docs/deploy.md says"),
        ({"environments": [{"name": "prod", "aproval": "required"}]}, "has 'aproval'; known: name, approval"),
        ({"people": [{"emails": []}]}, "write it as docs/deploy.md says"),
        ({"people": [{"name": "Bob", "iam": "arn:aws:iam::1:user/bob"}]}, "iam is 'arn:.*; write a list"),
        ({"people": [{"name": "Bob", "emails": "bob@example.com"}]}, "write a list of texts"),
        ({"models": [{"id": "us.a.b", "regions": "us-east-1"}]}, "regions is 'us-east-1'; write a list"),
        ({"oncall_emails": None}, "emails is None; write a list of texts"),
        ({"environments": [{"name": "dev"}, {"name": "dev"}]}, "each once"),
        ({"environments": [{"name": "people"}]}, "environment is 'people'"),
        ({"environments": [{"name": "Prod"}]}, "environment is 'Prod'"),
        ({"environments": [{"name": "prod", "approval": "yes"}]}, "choose required or none"),
        ({"ttl_seconds": "soon"}, "ttl_seconds is 'soon'"),
        ({"ttl_seconds": 0}, "at least 1"),
        ({"evaluation_concurrency": 41}, "evaluation_concurrency is 41; write a whole number from 1 to 40"),
        ({"evaluation_concurrency": 0}, "evaluation_concurrency is 0; write a whole number from 1 to 40"),
        ({"log_days": 45}, "log_days is 45; choose one of 1, 3, 5, 7"),
        ({"lock_mode": "NONE"}, "GOVERNANCE or COMPLIANCE"),
        ({"mail_from": "nobody"}, "'nobody' is not an e-mail address"),
        ({"people": [{"name": "A", "emails": ["a"]}]}, "'a' is not an e-mail address"),
        ({"retention": 3}, "context has no 'retention'"),
        ({"models": [{"id": ""}]}, "id of a model is ''"),
        ({"models": [{"id": "m", "rpm": 5}]}, "an entry of models has 'rpm'"),
        ({"models": [{"id": "m", "requests_per_minute": 0}]}, "requests_per_minute of m is 0"),
        ({"models": [{"id": "m", "requests_per_minute": 4}]}, "is 4, shared by 5 functions"),
        ({"models": [{"id": "m", "prices": {"input": 1}}]}, "prices of m need as_of"),
        ({"models": [{"id": "m", "prices": {"input": 1, "as_of": "March"}}]}, "need as_of, the day"),
        ({"models": [{"id": "m", "prices": {"input": -1, **DAY}}]}, "prices of m have -1"),
        ({"models": [{"id": "m", "prices": {"output": 1, **DAY}}]}, "have None; write US dollars"),
        ({"models": [{"id": "m", "prices": {"input": "1", **DAY}}]}, "have '1'; write US dollars"),
        ({"models": [{"id": "m", "prices": {"input": 1, "per": 1000, **DAY}}]}, "prices of m has 'per'"),
        ({"endpoints": [{**ENDPOINT, "name": "bedrock"}]}, "endpoint is 'bedrock'"),
        ({"endpoints": [{**ENDPOINT, "name": "My models"}]}, "endpoint is 'My models'"),
        ({"endpoints": [ENDPOINT, ENDPOINT]}, "name each once"),
        ({"endpoints": [{**ENDPOINT, "url": "http://example.com"}]}, "write https://host/path"),
        ({"endpoints": [{**ENDPOINT, "url": "https://key@example.com"}]}, "without user, password or query"),
        (
            {"endpoints": [{**ENDPOINT, "url": "https://example.com?key=1"}]},
            "without user, password or query",
        ),
        ({"endpoints": [{**ENDPOINT, "secret_arn": "my-secret"}]}, "write the secret's whole ARN"),
        ({"endpoints": [{**ENDPOINT, "secret_arn": SECRET.replace("-AbCdEf", "-*")}]}, "whole ARN"),
        ({"endpoints": [{**ENDPOINT, "key_arn": "alias/mine"}]}, "write the ARN of a KMS key"),
        ({"endpoints": [{**ENDPOINT, "models": []}]}, "lists no models"),
        ({"endpoints": [{**ENDPOINT, "models": ["m"]}]}, "write it as docs/deploy.md says"),
        (
            {"endpoints": [{**ENDPOINT, "models": [{"id": "m", "regions": []}]}]},
            "models of other has 'regions'",
        ),
        ({"endpoints": [{"name": "other"}]}, "write it as docs/deploy.md says"),
        ({"endpoints": [{**ENDPOINT, "key": "sk-1"}]}, "an entry of endpoints has 'key'"),
        ({"evaluation_max_usd_per_run": 0}, "evaluation_max_usd_per_run is 0; write US dollars above 0"),
        ({"evaluation_max_usd_per_day": "lots"}, "evaluation_max_usd_per_day is 'lots'"),
        ({"evaluation_max_usd_per_day": "nan"}, "evaluation_max_usd_per_day is 'nan'"),
        ({"evaluation_max_usd_per_day": True}, "evaluation_max_usd_per_day is True"),
        ({"evaluation_max_usd_per_day": None}, "evaluation_max_usd_per_day is None"),
        ({"target": "local"}, "-c localPort=<port>"),
        ({"target": "moon"}, "target is 'moon'"),
    ],
)
def test_a_value_that_cannot_be_deployed_is_refused_by_name(given: dict[str, object], said: str):
    with pytest.raises(InvalidContext, match=said):
        Context.from_dict(given)
