"""An evaluation asks the real model path for every case, and a model that dies is an error, not a verdict."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.checkout import ROOT
from infra.local.instance import Instance
from infra.local.loopback import answers
from infra.local.supervision import State, start_model
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import renamed
from tests.e2e.inside import ledger, pointers, reports, request_row
from tests.e2e.waiting import until

LATENCY_MS = 2000


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


def cases_in(folder: Path) -> int:
    return len((folder / "cases.jsonl").read_text(encoding="utf-8").splitlines())


def test_an_evaluation_asks_the_model_once_for_each_case(aws: LocalAws, tmp_path: Path):
    alice = aws.person("alice")
    folder = renamed(tmp_path, "support-ticket", "asked-once")
    alice.types("publish", str(folder))
    before = aws.model_requests()

    report = alice.types("evaluate", "asked-once@v1").document["report"]

    assert aws.model_requests() - before == len(report["cases"]) == cases_in(folder)


def test_a_model_that_dies_midway_is_an_error_and_the_version_can_be_tried_again(
    aws: LocalAws, tmp_path: Path
):
    alice = aws.person("alice")
    folder = renamed(tmp_path, "support-ticket", "model-died")
    alice.types("publish", str(folder))

    with slow_model(aws.instance) as model:
        promote = ("promote", "model-died@v1", "--to", "dev", "--reason", "first release")
        request_id = alice.types(*promote, "--no-wait").document["request_id"]
        asked = until("the model to be asked", aws.model_requests)
        model.kill()
        ended = alice.types("show", "--request", request_id, "--follow", expect=6)

    assert 0 < asked < cases_in(folder)
    assert ended.document["error"]["code"] == "E_MODEL"
    assert request_row(aws, request_id).status == "failed"
    assert reports(aws, "model-died") == []
    assert ledger(aws, "dev").head("model-died").revision == 0
    assert pointers(aws, "dev").read("model-died") is None

    retried = alice.types(*promote).document

    assert retried["outcome"] == "released"
    assert aws.model_requests() == cases_in(folder)
    assert len(reports(aws, "model-died")) == 1
