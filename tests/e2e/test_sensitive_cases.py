"""Sensitive cases leave the restricted bucket for the model and for nobody else, on the whole way to prod."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from infra.local.demo.people import Person
from infra.local.instance import Instance
from infra.local.loopback import answers
from infra.local.mail_page import sent_mail
from infra.local.model.completions import completion
from infra.local.model_server import ModelServer
from infra.local.supervision import State, start_model
from promptops.stages.upload_dataset import pack
from tests.e2e.approvers import signed_in
from tests.e2e.conftest import LocalAws
from tests.e2e.everywhere import objects, shown_by
from tests.e2e.inside import ledger, reports, request_row
from tests.waiting import until

PROMPT = "restricted-cases"
CANARY = "canary-5e8b41"
FAILING = 2
PLACES = (
    "log groups",
    "log files",
    "buckets",
    "workflow",
    "tables",
    "parameters",
    "metrics and alarms",
    "mails",
)
CASES = [
    {
        "id": f"complaint-{number}",
        "description": f"Mrs {CANARY} complains",
        "provenance": f"desk of {CANARY}",
        "tags": ["complaints"],
        "vars": {"question": f"My name is {CANARY}, order {number}"},
        "assert": [
            {"type": "contains", "value": CANARY, "metric": "echoed"},
            {"type": "icontains", "value": "{{question}}"},
            {"type": "llm-rubric", "value": f"Speaks of {CANARY}"},
            *([{"type": "not-contains", "value": CANARY, "weight": 2}] if number < FAILING else []),
        ],
    }
    for number in range(12)
]
METADATA = """\
schema: 1
prompt_id: {prompt_id}
owner: customer-care
risk: high
rationale: first
messages:
  - {{role: user, file: user.md}}
model: {{id: "us.anthropic.claude-haiku-4-5-20251001-v1:0", provider: bedrock}}
variables:
  question: {{max_chars: 400}}
thresholds: {{min_score: 0.5, min_cases: 10, metrics: {{echoed: 1.0}}}}
evaluation:
  judge: {{id: "us.anthropic.claude-haiku-4-5-20251001-v1:0", provider: bedrock}}
{dataset}
"""


class EchoingModel(ModelServer):
    """Answers with what it was asked, and judges with a reason that quotes what it judges."""

    def complete(self, request: Any) -> dict[str, Any]:
        document = completion(request)
        asked = request["messages"][-1]["content"]
        text = asked if isinstance(asked, str) else "".join(part.get("text", "") for part in asked)
        if "<rubric>" in text:
            text = json.dumps({"pass": True, "score": 1.0, "reason": f"it says {CANARY}"})
        document["choices"][0]["message"]["content"] = text
        self.completions += 1
        return document


@dataclass
class Talk:
    """What the commands of one way to prod printed."""

    person: Person
    printed: list[str] = field(default_factory=list)

    def types(self, *arguments: str, expect: int = 0) -> Any:
        typed = self.person.types(*arguments, expect=expect)
        self.printed += [json.dumps(typed.document, ensure_ascii=False), typed.said]
        return typed.document


@contextmanager
def echoing(instance: Instance) -> Iterator[None]:
    """An echoing model at the stand-in's address."""
    state = State.load(instance.name)
    assert state is not None
    os.kill(state.children["model"], signal.SIGKILL)
    until("the model to be gone", lambda: not answers(f"{instance.model_url}/health"))
    server = EchoingModel(instance.model_port)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        until("the echoing model", lambda: answers(f"{instance.model_url}/health"))
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        start_model(instance)


@dataclass(frozen=True)
class Walked:
    """The way of one version: what people saw of it, and what the installation holds and shows now."""

    printed: str
    shown: dict[str, str]
    restricted: str
    packed: str
    report: dict[str, Any]


@pytest.fixture(scope="module")
def walked(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Walked:
    """Uploaded, published, evaluated, approved on the page and released in prod."""
    outside, prompts = tmp_path_factory.mktemp("restricted"), tmp_path_factory.mktemp("prompts")
    lines = "".join(json.dumps(case) + "\n" for case in CASES)
    (outside / "cases.jsonl").write_text(lines)
    alice, bob, dave = (Talk(aws.person(name)) for name in ("alice", "bob", "dave"))
    (outside / "unfit.jsonl").write_text(json.dumps({**CASES[0], "vars": {CANARY: CANARY}}))
    fit, unfit = (
        alice.types("dataset", "upload", str(outside / name)) for name in ("cases.jsonl", "unfit.jsonl")
    )
    folder = a_folder(prompts, fit["prompt_yaml"])
    with echoing(aws.instance):
        alice.types("publish", str(folder))
        alice.types("evaluate", f"{PROMPT}@v1")
        promote = ("promote", f"{PROMPT}@v1", "--to", "prod", "--reason", "first release", "--no-wait")
        request_id = alice.types(*promote)["request_id"]
        approval = until("the approval", lambda: ledger(aws, "prod").approval_of_request(request_id))
        until("its mail", lambda: approval.approval_id in str(sent_mail(aws.instance)))
        page = signed_in(
            aws, "bob@example.com", f"{aws.instance.outputs['ApprovalPageUrl']}/{approval.approval_id}"
        )
        bob.types("approve", approval.approval_id, "--comment", "checked")
        alice.types("show", "--request", request_id, "--follow")
        alice.types("publish", str(a_folder(prompts, unfit["prompt_yaml"])))
        alice.types("evaluate", f"{PROMPT}@v2", expect=2)
    assert request_row(aws, request_id).status == "released"
    dave.types("resolve", PROMPT, "--env", "prod", "--var", "question=hello")
    dave.types("observe", PROMPT, "--env", "prod", "--quality", "1")
    until("the use in the metrics", lambda: PROMPT in str(aws.client("cloudwatch").list_metrics()["Metrics"]))
    alice.types("show", f"{PROMPT}@v1")
    alice.types("history", PROMPT, "--env", "prod")
    (key,) = reports(aws, PROMPT)
    body = aws.client("s3").get_object(Bucket=aws.instance.outputs["ArtifactBucket"], Key=key)["Body"]
    return Walked(
        "\n".join([*alice.printed, *bob.printed, *dave.printed, page.text(), str(page.answers)]),
        shown_by(aws),
        objects(aws, aws.instance.outputs["EvaluationBucket"]),
        pack(lines),
        json.loads(body.read()),
    )


def a_folder(prompts: Path, dataset: str) -> Path:
    folder = prompts / PROMPT
    folder.mkdir(exist_ok=True)
    (folder / "prompt.yaml").write_text(METADATA.format(prompt_id=PROMPT, dataset=dataset))
    (folder / "user.md").write_text("Say this again: {{question}}\n")
    return folder


def test_the_model_answered_with_the_words_of_the_cases(walked: Walked):
    """Without which the others would show nothing."""
    by_name = {case["case_id"]: case for case in walked.report["cases"]}

    assert len(by_name) == len(CASES)
    assert {case["metrics"]["echoed"] for case in by_name.values()} == {1.0}
    assert [name for name, case in by_name.items() if not case["passed"]] == ["complaint-0", "complaint-1"]
    assert by_name["complaint-0"]["reasons"] == ["not-contains: not met"]


def test_the_restricted_bucket_holds_them(walked: Walked):
    assert walked.restricted.count(CANARY) >= len(CASES)


@pytest.mark.parametrize("place", PLACES)
def test_no_other_place_holds_a_word_of_them(walked: Walked, place: str):
    assert CANARY not in walked.shown[place]
    assert walked.packed[40:80] not in walked.shown[place]


@pytest.mark.parametrize("place", PLACES)
def test_the_search_finds_what_is_there(walked: Walked, place: str):
    assert PROMPT in walked.shown[place]


def test_nobody_was_shown_a_word_of_them(walked: Walked):
    assert PROMPT in walked.printed
    assert "complaint-0" in walked.printed
    assert CANARY not in walked.printed


def test_an_evaluation_that_cannot_begin_says_which_line_is_wrong_and_no_more(walked: Walked):
    said = "line 1: E_VARIABLE_UNKNOWN, not shown as the cases are sensitive"

    assert said in walked.printed
    assert said in walked.shown["workflow"]


def test_every_place_is_searched(walked: Walked):
    assert set(walked.shown) == set(PLACES)
