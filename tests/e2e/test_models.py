"""The models as the evaluate function asks them: with its role, through the local AWS, from the stand-in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from infra.local.environment import as_person
from promptops.aws.bedrock import Bedrock
from promptops.aws.dynamodb_runs import DynamoDbRuns
from promptops.domain.errors import AccessRefused
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import RunStatus
from tests.e2e.conftest import LocalAws
from tests.e2e.inside import installation

HAIKU = ModelName("us.anthropic.claude-haiku-4-5-20251001-v1:0")
TITAN = ModelName("amazon.titan-embed-text-v2:0")
SCHEMA = {"type": "object", "properties": {"summary": {"type": "string"}}, "required": ["summary"]}
ASKED = [
    {"role": "user", "content": "Summarise: the card was charged twice, and the customer wants it back."}
]


@pytest.fixture
def evaluate(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """A session with the rights of the evaluate function."""
    role = aws.client("lambda").get_function_configuration(FunctionName="prompt-ops-evaluate")["Role"]
    for name, value in as_person(aws.instance, "alice").items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE")
    return aws.session_of_role(role, name="evaluate")


def test_converse_answers_once_for_each_question_also_with_a_schema(aws: LocalAws, evaluate: boto3.Session):
    before = aws.model_requests()
    model = Bedrock(2, evaluate)

    plain = model.answer(Question(HAIKU, ASKED, {"max_tokens": 300, "temperature": 0}))
    structured = model.answer(Question(HAIKU, ASKED, {"structured_output": True}, SCHEMA))

    assert plain.text
    assert structured.text
    assert plain.input_tokens > 0
    assert aws.model_requests() == before + 2


def test_embeddings_tell_texts_that_mean_the_same_from_others(evaluate: boto3.Session):
    texts = ("refund my card", "refund my card", "the weather in March")

    embedded = Bedrock(2, evaluate).embed(TITAN, texts)

    first, second, third = embedded.vectors
    assert first == second != third


@pytest.mark.parametrize("model", ["amazon.nova-pro-v1:0", "amazon.titan-embed-text-v1"])
def test_a_model_that_is_not_listed_is_refused(evaluate: boto3.Session, model: str):
    bedrock, name = Bedrock(1, evaluate), ModelName(model)

    with pytest.raises(AccessRefused, match=model):
        bedrock.embed(name, ["a"]) if "embed" in model else bedrock.answer(Question(name, ASKED))


def test_the_function_counts_what_it_did_and_spent(aws: LocalAws, evaluate: boto3.Session):
    runs = DynamoDbRuns(installation(aws).registry_table, evaluate.client("dynamodb"))

    runs.begin("e2e-run", 3)
    runs.add("e2e-run", "2026-03-01", done=2, passed=1, spent_usd=0.25)

    assert runs.status("e2e-run") == RunStatus(3, 2, 1, 0.25)
    assert runs.spent_on("2026-03-01") == 0.25


def test_functions_that_count_at_the_same_time_lose_nothing(aws: LocalAws, evaluate: boto3.Session):
    runs = DynamoDbRuns(installation(aws).registry_table, evaluate.client("dynamodb"))

    with ThreadPoolExecutor(4) as threads:
        list(
            threads.map(lambda _: runs.add("busy", "2026-03-02", done=1, passed=1, spent_usd=0.5), range(20))
        )

    assert runs.status("busy") == RunStatus(0, 20, 20, 10)
    assert runs.spent_on("2026-03-02") == 10
