"""The product as the bench runs it: its own run loop, providers and graders, nothing left out."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence

import boto3

from promptops.asking.run import Asking
from promptops.aws.bedrock import Bedrock
from promptops.domain.artifact import Artifact, Message
from promptops.domain.dataset import Case, parse_dataset
from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.rendering import CompiledPrompt
from promptops.domain.variables import Variable
from promptops.evaluation_ports import Provider
from promptops.measure import Measure, measure
from promptops.models.endpoint import Endpoint
from promptops.models.openai_compatible import OpenAiCompatible

VARIABLES = {"question": Variable()}
#: What promptfoo is given, too.
PROMPT = "Answer the question of a customer of a bank in one sentence: {{question}}"
ASSERTIONS = (
    {"type": "contains", "value": "card"},
    {"type": "icontains-any", "value": ["WORKING", "business"]},
    {"type": "word-count", "value": {"min": 3, "max": 50}},
)


def question(number: int) -> str:
    """Some 300 characters, each its own."""
    return f"number {number}: " + "when will my new card be here and what does it cost me " * 5


def cases(count: int) -> tuple[Case, ...]:
    """So many, with three assertions each, read from JSON lines."""
    return parse_dataset(json_lines(count), VARIABLES)


def json_lines(count: int) -> bytes:
    documents = (
        {"id": f"case-{number}", "vars": {"question": question(number)}, "assert": ASSERTIONS}
        for number in range(count)
    )
    return "\n".join(json.dumps(document) for document in documents).encode()


def prompt(provider: str) -> CompiledPrompt:
    message = Message("user", PROMPT)
    return CompiledPrompt(
        Artifact("bench", (message,), {"id": "stub", "provider": provider}, VARIABLES, {"max_tokens": 100})
    )


def openai_compatible(url: str, connections: int) -> Provider:
    return OpenAiCompatible(Endpoint("stub", f"{url}/v1"), connections=connections)


def bedrock(url: str, connections: int) -> Provider:
    os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] = url
    session = boto3.Session("AKIDEXAMPLE", "secret", region_name="us-east-1")
    return Bedrock(connections, session)


def cases_per_second(
    measured: Sequence[Case], candidate: CompiledPrompt, provider: Provider, *, threads: int
) -> float:
    """As a caller of `measure` waits for them; raises RuntimeError when a case did not pass."""
    run = Asking(provider).run(Measuring())
    began = time.perf_counter()
    results = measure(measured, candidate, None, by=Measure(run.model, run.assistants, threads=threads))
    seconds = time.perf_counter() - began
    wrong = [result for result in results if not result.passed]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(results)} cases went wrong: {wrong[0]}")
    return len(results) / seconds
