"""A version evaluated by the stack: what is asked of it, what is seen meanwhile, and how it ends."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from promptops.cli.follow import follow
from promptops.cli.output import console_of
from promptops.cli.progress import SECONDS_BETWEEN, Progress
from promptops.domain.errors import AccessRefused, ModelUnavailable
from promptops.domain.identifiers import PromptRef
from promptops.domain.version import VersionRecord
from tests.unit.cli.stack import Stack
from tests.unit.fakes_evaluation import FakeRuns
from tests.unit.release_world import PROMPT

V1, V2 = PromptRef(PROMPT, 1), PromptRef(PROMPT, 2)
Evaluate = Callable[..., object]


def evaluating(stack: Stack, ref: PromptRef, evaluate: Evaluate, *, until: str = "end") -> None:
    """Have the API request an evaluation, and the workflow run at once, `until` it begins or the end."""
    record = stack.world.registry.version(ref)

    def answer(body: Mapping[str, Any]) -> Mapping[str, Any]:
        asked: Any = stack.world.ask(
            ref, to="dev", kind="evaluate", against=body["against"], full=body["full"]
        )
        dev = stack.world.promotion("dev")
        dev.begin(asked.request_id)
        if until == "end":
            try:
                evaluate(record, evaluation_id=asked.request_id)
                dev.begin(asked.request_id)
                dev.end(asked.request_id, None)
            except Exception as error:
                cause = f'{{"errorMessage": "{error}"}}'
                dev.end(asked.request_id, {"Error": type(error).__name__, "Cause": cause})
        found: Mapping[str, Any] = asked.to_dict()
        return found

    stack.api.answers["/v1/dev/evaluate"] = answer


def test_the_first_environment_is_asked_and_the_evidence_is_shown(stack: Stack) -> None:
    record = stack.world.publish(1)
    evaluating(stack, V1, stack.world.evaluate)

    result = stack.run("evaluate", "support-ticket@v1")

    evidence = stack.world.registry.version(V1).evidence
    assert result.exit_code == 0
    assert result.stdout.startswith("support-ticket@v1: pass, score 1.00 (0.80 needed)\n")
    assert evidence
    assert f"Report sha256:{evidence.sha256}, evidence for exactly these bytes." in result.stdout
    assert 'Next: promptops promote support-ticket@v1 --to prod --reason "…"' in result.stderr
    assert stack.api.posted == [
        (
            "/v1/dev/evaluate",
            {"prompt_id": PROMPT, "version": "v1", "against": "", "full": False},
            False,
        )
    ]
    assert record.ref == V1


def test_who_evaluates_again_is_told_how_often_and_how_it_went_before(stack: Stack) -> None:
    record = stack.world.publish(1)
    for score in (0.3, 0.2):
        stack.world.evaluate(record, score=score)
    evaluating(stack, V1, stack.world.evaluate)

    shown = stack.document("evaluate", "support-ticket@v1")["remarks"]

    assert "This is evaluation 3 of 3 of this version; the others: fail 0.20 (" in shown[-1]


def test_it_is_compared_where_it_is_asked_and_measured_whole(stack: Stack) -> None:
    stack.world.released(1, to="prod")
    stack.world.publish(2)
    evaluating(stack, V2, partial(stack.world.evaluate, beside="prod"))

    result = stack.run("evaluate", "support-ticket@v2", "--against", "prod", "--full")

    assert result.exit_code == 0
    assert "As good as v1 (live in prod), over 5 pairs" in result.stdout
    (_, body, _), *_ = stack.api.posted
    assert (body["against"], body["full"]) == ("prod", True)


def test_an_unknown_environment_asks_nothing(stack: Stack) -> None:
    result = stack.run("evaluate", "support-ticket@v1", "--against", "production")

    assert (result.exit_code, result.stderr[:7]) == (2, "E_ENV: ")
    assert stack.api.posted == []


def test_a_version_that_fails_exits_7_and_its_reports_are_written(stack: Stack, tmp_path: Path) -> None:
    stack.world.publish(1)
    evaluating(stack, V1, partial(stack.world.evaluate, score=0.5))
    page = tmp_path / "page.html"

    result = stack.run("evaluate", "support-ticket@v1", "--html", str(page))
    error = stack.document("evaluate", "support-ticket@v1")["error"]

    assert result.exit_code == 7
    assert "support-ticket@v1: fail" in result.stdout
    assert f"Wrote {page}." in result.stderr
    assert "case-4" in page.read_text()
    assert error["data"]["report"]["verdict"] == "fail"


def test_what_is_not_enough_to_tell_exits_8(stack: Stack) -> None:
    stack.world.released(1)
    stack.world.publish(2)
    evaluating(stack, V2, stack.world.unclear)

    result = stack.run("evaluate", "support-ticket@v2", "--against", "dev")

    assert result.exit_code == 8
    assert "support-ticket@v2: inconclusive" in result.stdout
    assert result.stderr.splitlines()[-1].startswith("E_EVAL_INCONCLUSIVE: ")


def test_a_model_nobody_reaches_exits_6_without_a_verdict(stack: Stack) -> None:
    def unreachable(record: VersionRecord, evaluation_id: str) -> None:
        raise ModelUnavailable("the model did not answer", "Try again.")

    stack.world.publish(1)
    evaluating(stack, V1, unreachable)

    result = stack.run("evaluate", "support-ticket@v1")

    assert result.exit_code == 6
    assert result.stdout == ""


def test_a_report_that_cannot_be_written_asks_nothing(stack: Stack, tmp_path: Path) -> None:
    result = stack.run("evaluate", "support-ticket@v1", "--html", str(tmp_path / "no" / "page.html"))

    assert (result.exit_code, stack.api.posted) == (2, [])


def test_without_waiting_there_is_no_report_to_write(stack: Stack, tmp_path: Path) -> None:
    result = stack.run("evaluate", "support-ticket@v1", "--no-wait", "--html", str(tmp_path / "page.html"))

    assert (result.exit_code, result.stderr[:9]) == (2, "E_USAGE: ")
    assert stack.api.posted == []


def test_the_help_groups_its_many_options(stack: Stack) -> None:
    text = stack.run("evaluate", "--help").stdout
    headings = [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]

    assert headings == [
        "Arguments:",
        "Comparison:",
        "Reports:",
        "For a folder:",
        "For a version:",
        "Options:",
    ]
    assert text.index("Comparison:") < text.index("--against ENV") < text.index("Reports:")


class Clock:
    """Seconds that pass when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> None:
        self.seconds += seconds


def followed(stack: Stack, monkeypatch: pytest.MonkeyPatch, at: Callable[[float], object]) -> str:
    """What is shown of an evaluation followed for 12 seconds, `at` each of which something happens."""
    from contextlib import contextmanager

    stack.world.publish(1)
    evaluating(stack, V1, stack.world.evaluate, until="begin")
    answer: Any = stack.api.answers["/v1/dev/evaluate"]
    request_id = answer({"against": "", "full": False})["request_id"]
    clock, shown = Clock(), io.StringIO()

    @contextmanager
    def progress(state: str):  # type: ignore[no-untyped-def]
        yield Progress(console_of(shown), state, drawn=False, clock=clock)

    def wait(seconds: float) -> None:
        clock.wait(seconds)
        at(clock.seconds)

    monkeypatch.setattr("promptops.cli.follow.progress", progress)
    stack.line.runs.begin(request_id, 120)
    follow(request_id, line=stack.line, timeout_seconds=12, wait=wait, clock=clock)
    return shown.getvalue()


def test_an_evaluation_that_is_followed_shows_cases_and_cost(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(seconds: float) -> None:
        (run,) = stack.line.runs.runs  # type: ignore[attr-defined]
        stack.line.runs.add(run, "2026-03-01", done=4, passed=3, spent_usd=0.01)

    text = followed(stack, monkeypatch, measured)

    assert f"{SECONDS_BETWEEN:7.1f} s  evaluating: 40 of 120 cases, 30 passed, $0.10 so far\n" in text
    assert text.count("evaluating: ") == 2


def test_progress_never_goes_beyond_the_cases_there_are(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted_twice(seconds: float) -> None:
        (run,) = stack.line.runs.runs  # type: ignore[attr-defined]
        stack.line.runs.add(run, "2026-03-01", done=120, passed=110, spent_usd=0.0)

    text = followed(stack, monkeypatch, counted_twice)

    assert "evaluating: 120 of 120 cases, 120 passed\n" in text
    assert "240" not in text


def test_progress_that_may_not_be_read_is_no_failure(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: FakeRuns, evaluation_id: str) -> None:
        raise AccessRefused("dynamodb:GetItem answered AccessDeniedException")

    monkeypatch.setattr(FakeRuns, "status", refused)

    assert "evaluating: " not in followed(stack, monkeypatch, lambda seconds: None)
