"""What cdk.json and -c may say, and the answer to what they may not."""

from __future__ import annotations

import json

import pytest

from infra.context import Context
from infra.context_values import Environment, InvalidContext
from tests.synth.deployed import ROOT

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
        ({"log_days": 45}, "log_days is 45; choose one of 1, 3, 5, 7"),
        ({"lock_mode": "NONE"}, "GOVERNANCE or COMPLIANCE"),
        ({"mail_from": "nobody"}, "'nobody' is not an e-mail address"),
        ({"people": [{"name": "A", "emails": ["a"]}]}, "'a' is not an e-mail address"),
        ({"retention": 3}, "context has no 'retention'"),
        ({"target": "local"}, "-c localPort=<port>"),
        ({"target": "moon"}, "target is 'moon'"),
    ],
)
def test_a_value_that_cannot_be_deployed_is_refused_by_name(given: dict[str, object], said: str):
    with pytest.raises(InvalidContext, match=said):
        Context.from_dict(given)
