"""Evaluations through the deployed line: what is asked, compared and counted, and a model that dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.local.checkout import ROOT
from infra.local.instance import Instance
from infra.local.loopback import answers
from infra.local.supervision import State, start_model
from promptops.aws.dynamodb_runs import DynamoDbRuns
from promptops.aws.s3_evaluation import S3ChunkResults
from promptops.contract.names import DEFAULT_PREFIX, function_name
from promptops.contract.settings import EvaluateSettings
from tests.e2e.conftest import LocalAws
from tests.e2e.evaluating import LONG, MAX_WORDS, SHORT, a_prompt, ended, evaluated, report_of, wanting
from tests.e2e.folders import renamed
from tests.e2e.inside import installation, ledger, pointers, reports
from tests.e2e.releases import version
from tests.waiting import until

EVALUATE = function_name(DEFAULT_PREFIX, "evaluate")
PROMPT = "measured-prompt"
CASES = 20
LATENCY_MS = 2000
AT_MOST = {"max": MAX_WORDS}


@contextmanager
def slow_model(instance: Instance) -> Iterator[subprocess.Popen[bytes]]:
    """The same model at the same address, slow enough to be killed between its first and its last answer."""
    state = State.load(instance.name)
    assert state is not None
    os.kill(state.children["model"], signal.SIGKILL)
    until("the model to be gone", lambda: not answers(f"{instance.model_url}/health"))
    arguments = ["--port", str(instance.model_port), "--latency-ms", str(LATENCY_MS)]
    slow = subprocess.Popen(
        [sys.executable, "-m", "infra.local.model_server", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        until("the slow model", lambda: answers(f"{instance.model_url}/health"))
        yield slow
    finally:
        slow.kill()
        slow.wait()
        start_model(instance)


@pytest.fixture(scope="module")
def measured(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> str:
    """v1, short and live in dev; v2 to v4 are long: their cases hate it, mostly do not mind, or want it."""
    alice, folder = aws.person("alice"), tmp_path_factory.mktemp("measured") / PROMPT
    short = [wanting(AT_MOST, number=number) for number in range(CASES)]
    mostly = [*short[:1], *(wanting(None, number=number) for number in range(1, CASES))]
    long = [wanting({"min": MAX_WORDS}, number=number) for number in range(CASES)]
    for length, cases in ((SHORT, short), (LONG, short), (LONG, mostly), (LONG, long)):
        alice.types("publish", str(a_prompt(folder, PROMPT, length, cases)))
    alice.types("promote", f"{PROMPT}@v1", "--to", "dev", "--reason", "first release")
    return PROMPT


def test_an_evaluation_asks_the_model_once_for_each_case(aws: LocalAws, tmp_path: Path):
    alice = aws.person("alice")
    folder = renamed(tmp_path, "support-ticket", "asked-once")
    alice.types("publish", str(folder))
    before = aws.model_requests()

    request = evaluated(aws, "asked-once", 1)

    report = report_of(aws, "asked-once", 1)
    assert aws.model_requests() - before == len(report.cases) == cases_in(folder)
    assert (request.status, request.report_sha256) == (
        "evaluated",
        version(aws, "asked-once", 1).evidence.sha256,
    )
    runs = DynamoDbRuns(installation(aws).registry_table, aws.client("dynamodb"))
    status = runs.status(request.request_id)
    assert (status.cases, status.done) == (len(report.cases), len(report.cases))
    assert status.spent_usd == pytest.approx(report.usage.cost_usd, abs=1e-5)
    assert status.spent_usd > 0


def test_a_version_that_is_worse_than_the_live_one_fails_for_that_reason(aws: LocalAws, measured: str):
    said = aws.person("alice").types("evaluate", f"{measured}@v2", "--against", "dev", expect=7)

    report = report_of(aws, measured, 2)
    assert (report.verdict, report.baseline.version, report.comparison.difference) == ("fail", 1, -1.0)
    assert any("lower than the live version" in reason for reason in report.gate.reasons)
    assert "lower than the live version" in said.document["error"]["message"]


def test_a_version_that_is_better_than_the_live_one_passes(aws: LocalAws, measured: str):
    aws.person("alice").types("evaluate", f"{measured}@v4", "--against", "dev")

    report = report_of(aws, measured, 4)
    assert (report.verdict, report.baseline.version, report.comparison.difference) == ("pass", 1, 1.0)


def test_too_little_to_tell_is_neither_a_pass_nor_a_failure(aws: LocalAws, measured: str):
    said = aws.person("alice").types("evaluate", f"{measured}@v3", "--against", "dev", expect=8)

    report = report_of(aws, measured, 3)
    assert (report.verdict, report.comparison.newly_failed) == ("inconclusive", ("case-0",))
    assert said.document["error"]["code"] == "E_EVAL_INCONCLUSIVE"


def test_where_nothing_else_is_live_nothing_is_compared_and_the_report_says_where(
    aws: LocalAws, measured: str
):
    request = evaluated(aws, measured, 1, against="prod")

    report = report_of(aws, measured, 1)
    assert (request.status, report.against, report.baseline) == ("evaluated", "prod", None)


def test_an_environment_that_is_not_there_is_refused(aws: LocalAws, measured: str):
    said = aws.person("alice").types("evaluate", f"{measured}@v2", "--against", "nowhere", expect=2)

    assert said.document["error"]["code"] == "E_ENV"


def test_evidence_is_used_again_until_another_version_is_live(aws: LocalAws, measured: str, tmp_path: Path):
    alice, prompt = aws.person("alice"), "used-again"
    short = [wanting(AT_MOST, number=number) for number in range(CASES)]
    for number in (1, 2, 3):
        rules = f"{SHORT} Version {number}."
        alice.types("publish", str(a_prompt(tmp_path / prompt, prompt, rules, short)))
    to_dev = ("--to", "dev", "--reason", "as good")
    alice.types("promote", f"{prompt}@v1", *to_dev)
    alice.types("evaluate", f"{prompt}@v2", "--against", "dev")
    alice.types("evaluate", f"{prompt}@v3", "--against", "dev")
    before = aws.model_requests()

    alice.types("promote", f"{prompt}@v2", *to_dev)
    after_the_same = aws.model_requests()
    alice.types("promote", f"{prompt}@v3", *to_dev)

    assert after_the_same == before
    assert aws.model_requests() - before == 2 * CASES
    assert report_of(aws, prompt, 3).baseline.version == 2
    assert ledger(aws, "dev").head(prompt).version == 3


def test_a_chunk_that_runs_twice_asks_nobody_and_the_report_is_one(aws: LocalAws, measured: str):
    plan = {"task": "plan", "prompt_id": measured, "version": 1, "evaluation_id": "dev-" + "5" * 32}
    planned = aws.invoke(EVALUATE, plan)
    names = ("dataset_sha256", "run_id", "started_at", "sample_chunks", "chunks")
    shared = {**plan, **{name: planned[name] for name in names}}
    chunks = [{**shared, "task": "chunk", "chunk": chunk} for chunk in planned["sample"]]
    once = [aws.invoke(EVALUATE, chunk) for chunk in chunks]
    before = aws.model_requests()

    again = [aws.invoke(EVALUATE, chunk) for chunk in chunks]
    reported = [aws.invoke(EVALUATE, {**shared, "task": "report"}) for _ in range(2)]

    assert (again, aws.model_requests()) == (once, before)
    assert reported[0] == reported[1]


def test_banking_messages_are_routed_through_the_whole_workflow(aws: LocalAws, tmp_path: Path):
    alice = aws.person("alice")
    folder = renamed(tmp_path, "intent-router", "routed")
    alice.types("publish", str(folder))

    alice.types("promote", "routed@v1", "--to", "dev", "--reason", "first release")

    report = report_of(aws, "routed", 1)
    assert (report.verdict, report.dataset_cases) == ("pass", cases_in(folder))
    assert len(report.cases) >= 200
    assert ledger(aws, "dev").head("routed").version == 1


def test_a_model_that_dies_midway_is_an_error_and_what_it_answered_is_not_asked_again(
    aws: LocalAws, tmp_path: Path
):
    alice = aws.person("alice")
    folder = renamed(tmp_path, "support-ticket", "model-died")
    alice.types("publish", str(folder))

    with slow_model(aws.instance) as model:
        promote = ("promote", "model-died@v1", "--to", "dev", "--reason", "first release")
        request_id = alice.types(*promote, "--no-wait").document["request_id"]
        # More than are asked at a time: so many of them have been answered.
        asked = until("the model to answer", lambda: max(aws.model_requests() - 21, 0))
        model.kill()
        request = ended(aws, request_id)
    kept = kept_of(aws, "model-died")

    assert 0 < asked <= kept < cases_in(folder)
    assert (request.status, request.error["code"]) == ("failed", "E_MODEL")
    assert alice.types("show", "--request", request_id, "--follow", expect=6)
    assert reports(aws, "model-died") == []
    assert version(aws, "model-died", 1).evidence is None
    assert ledger(aws, "dev").head("model-died").revision == 0
    assert pointers(aws, "dev").read("model-died") is None

    retried = alice.types(*promote).document

    assert retried["outcome"] == "released"
    assert aws.model_requests() == cases_in(folder) - kept
    assert len(reports(aws, "model-died")) == 1


def cases_in(folder: Path) -> int:
    return len((folder / "cases.jsonl").read_text(encoding="utf-8").splitlines())


def kept_of(aws: LocalAws, prompt_id: str) -> int:
    """How many of v1's cases are measured in the evaluation that its next one goes on with."""
    plan = {"task": "plan", "prompt_id": prompt_id, "version": 1, "evaluation_id": "dev-" + "6" * 32}
    planned = aws.invoke(EVALUATE, {**plan, "against": "dev"})
    configured = aws.client("lambda").get_function_configuration(FunctionName=EVALUATE)
    bucket = EvaluateSettings.from_env(configured["Environment"]["Variables"]).evaluation_bucket
    results = S3ChunkResults(bucket, aws.client_of_role("s3", EVALUATE))
    chunks = [results.load(planned["run_id"], chunk["chunk"]) for chunk in planned["sample"]]
    return sum(not case.error for chunk in chunks if chunk for case in chunk.cases)
