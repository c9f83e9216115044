"""A folder evaluated from here: what is asked and said, what it is compared with, and how it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from promptops.cli.preview import NO_EVIDENCE
from promptops.cli.previews.provider import provider
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import AccessRefused, ModelRefused, ModelUnavailable
from promptops.domain.identifiers import PromptRef
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.question import ModelName, Question
from promptops.domain.variables import Variable
from promptops.evaluation_ports import Answer, Embedded
from promptops.models.endpoint import Endpoint
from tests.unit.cli.stack import Stack

MODEL = "anthropic.claude-haiku-4-5-20251001-v1:0"
Says = Callable[[Question], str]


class FakeProvider:
    """Answers with what `says` makes of a question; keeps what was asked."""

    def __init__(self, says: Says) -> None:
        self._says = says
        self._lock = threading.Lock()
        self.asked: list[Question] = []

    def answer(self, question: Question) -> Answer:
        with self._lock:
            self.asked.append(question)
        return Answer(self._says(question), 1_000, 200, 50)

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        raise AssertionError("nobody embeds here")


class Author:
    """An author with a folder, a model and a stack."""

    def __init__(self, stack: Stack, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stack = stack
        self.folder = folder
        self.monkeypatch = monkeypatch
        self.replaced = ("", "")
        self.thresholds = "{min_score: 0.8, min_cases: 2}"
        self.more = ""
        folder.mkdir()
        (folder / "user.md").write_text("{{ticket}}")
        self.cases([{"id": name, "vars": {"ticket": name}} for name in ("one", "two", "three", "four")])

    def cases(self, cases: Sequence[dict[str, Any]]) -> None:
        """Cases that expect the answer `yes`, unless they say otherwise."""
        expected = [{"type": "contains", "value": "yes"}]
        lines = [json.dumps({"assert": expected, **case}) for case in cases]
        (self.folder / "cases.jsonl").write_text("\n".join(lines))

    def evaluates(self, *options: str, says: Says) -> Result:
        metadata = f"""schema: 1
prompt_id: {self.folder.name}
description: Answers tickets.
owner: ml-platform
risk: low
rationale: It is a test.
messages: [{{role: user, file: user.md}}]
model: {{id: "{MODEL}", provider: bedrock}}
variables: {{ticket: {{type: string, max_chars: 8000}}}}
thresholds: {self.thresholds}
dataset: {{file: cases.jsonl}}
{self.more}"""
        (self.folder / "prompt.yaml").write_text(
            metadata.replace(*self.replaced) if self.replaced[0] else metadata
        )
        self.provider = FakeProvider(says)
        self.monkeypatch.setattr("promptops.cli.preview.provider", lambda *_: self.provider)
        return self.stack.run("evaluate", str(self.folder), *options)

    def asks_for_real(self) -> None:
        self.monkeypatch.setattr("promptops.cli.preview.provider", provider)

    def document(self, *options: str, says: Says) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.evaluates(*options, "--json", says=says).stdout)
        return found


@pytest.fixture
def author(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    return Author(stack, tmp_path / "support-ticket", monkeypatch)


def always(text: str) -> Says:
    return lambda question: text


def unless(*tickets: str) -> Says:
    """`yes`, but to these tickets."""
    return lambda question: "no" if question.messages[-1]["content"] in tickets else "yes"


def fails(error: Exception, *tickets: str) -> Says:
    def says(question: Question) -> str:
        if not tickets or question.messages[-1]["content"] in tickets:
            raise error
        return "yes"

    return says


def test_a_preview_that_passes_says_what_it_cost_and_what_is_next(author: Author) -> None:
    result = author.evaluates(says=always("yes"))

    assert result.exit_code == 0
    assert result.stdout.startswith("support-ticket: pass, score 1.00 (0.80 needed)\n")
    assert "4,000 tokens in, 800 out, $0.0088 (prices as of " in result.stdout
    assert NO_EVIDENCE in result.stdout
    assert f"Next: promptops publish {author.folder}" in result.stderr
    assert author.stack.api.posted == []


def test_a_preview_that_fails_exits_7_with_the_report_for_scripts(author: Author) -> None:
    result = author.evaluates(says=unless("one", "two"))
    error = author.document(says=unless("one", "two"))["error"]

    assert result.exit_code == 7
    assert "contains: lacks 'yes'" in result.stdout
    assert "E_EVAL_FAILED: support-ticket scored 0.50: score 0.50 is below 0.80 (4 cases). " in result.stderr
    assert (error["code"], error["data"]["preview"]) == ("E_EVAL_FAILED", True)
    assert error["data"]["report"]["binding"]["model_kind"] == "preview"
    assert error["data"]["report"]["reasons"] == ["score 0.50 is below 0.80 (4 cases)"]


def test_one_document_in_json_has_the_report_and_the_remarks(author: Author) -> None:
    document = author.document(says=always("yes"))

    assert document["preview"] is True
    assert document["report"]["verdict"] == "pass"
    assert document["remarks"] == [NO_EVIDENCE]


@pytest.mark.parametrize(
    ("says", "exit_code", "code"),
    [
        (fails(ModelUnavailable("the model does not answer"), "one"), 6, "E_MODEL"),
        (fails(ModelRefused("the model stopped with content_filter"), "one"), 9, "E_EVAL_ERROR"),
        (fails(AccessRefused("Converse answered AccessDenied")), 4, "E_ACCESS"),
    ],
)
def test_a_model_that_does_not_answer_is_no_verdict(
    author: Author, monkeypatch: pytest.MonkeyPatch, says: Says, exit_code: int, code: str
) -> None:
    monkeypatch.setattr("promptops.asking.timer.SystemTimer.sleep", lambda self, seconds: None)

    result = author.evaluates(says=says)

    assert result.exit_code == exit_code
    assert result.stderr.splitlines()[-1].startswith(f"{code}: ")
    assert "fail" not in result.stdout.partition("\n")[0]


def live_in_prod(author: Author, text: str) -> None:
    """Version 1 is live in prod and asks this text."""
    author.stack.world.released(1, to="prod")
    model = {"id": MODEL, "provider": "bedrock"}
    artifact = Artifact("support-ticket", (Message("user", text),), model, {"ticket": Variable()})
    author.stack.line.artifact = lambda record: artifact  # type: ignore[method-assign]


def cases(count: int) -> list[dict[str, Any]]:
    return [{"id": f"case-{number}", "vars": {"ticket": f"t{number}"}} for number in range(count)]


def test_a_preview_is_compared_with_what_is_live(author: Author) -> None:
    live_in_prod(author, "live: {{ticket}}")
    author.cases(cases(20))

    says = unless("t3", *(f"live: t{number}" for number in range(4, 10)))
    result = author.evaluates("--against", "prod", says=says)
    report = author.document("--against", "prod", says=says)["report"]

    assert result.exit_code == 0
    assert "Better by 0.250 than v1 (live in prod), over 20 pairs" in result.stdout
    assert "1 newly failed (case-3), 6 newly passed" in result.stdout
    assert (report["baseline"]["environment"], report["baseline"]["version"]) == ("prod", 1)


def test_what_may_be_worse_than_live_exits_8(author: Author) -> None:
    live_in_prod(author, "live: {{ticket}}")
    author.cases(cases(20))

    result = author.evaluates("--against", "prod", says=unless("t1"))

    assert result.exit_code == 8
    assert result.stdout.startswith("support-ticket: inconclusive")
    assert result.stderr.splitlines()[-1].startswith("E_EVAL_INCONCLUSIVE: ")


def test_where_nothing_is_live_there_is_nothing_to_compare(author: Author) -> None:
    result = author.evaluates("--against", "prod", says=always("yes"))

    assert result.exit_code == 0
    assert "Nothing of support-ticket is live in prod: compared with nothing." in result.stdout
    assert len(author.provider.asked) == 4


def test_an_unknown_environment_is_refused_before_a_model_is_asked(author: Author) -> None:
    result = author.evaluates("--against", "production", says=always("yes"))

    assert (result.exit_code, result.stderr[:7]) == (2, "E_ENV: ")
    assert author.provider.asked == []


def test_a_sample_that_decides_is_enough_unless_all_is_asked_for(author: Author) -> None:
    author.cases(cases(60))
    author.more = "evaluation: {sample: 20}"

    sample = author.evaluates(says=always("yes"))
    asked = len(author.provider.asked)
    whole = author.evaluates("--full", says=always("yes"))

    assert asked == 20
    assert "a sample of 20 of 60 cases, seed 0" in sample.stdout
    assert len(author.provider.asked) == 60
    assert "measured on all 60 cases" in whole.stdout


def test_a_sample_that_does_not_decide_is_followed_by_the_rest(author: Author) -> None:
    author.cases(cases(60))
    author.more = "evaluation: {sample: 20}"

    result = author.evaluates(says=unless(*(f"t{number}" for number in range(0, 60, 6))))

    assert "The sample of 20 does not decide (20 of 20 cases, " in result.stderr
    assert "measured on all 60 cases" in result.stdout


def test_a_high_risk_prompt_is_measured_whole_as_the_gate_would(author: Author) -> None:
    author.cases(cases(60))
    author.more = "evaluation: {sample: 20}"
    live_in_prod(author, "live: {{ticket}}")
    author.stack.world.change(PromptRef("support-ticket", 1), policy=Policy("high", Thresholds()))

    author.evaluates("--against", "prod", says=always("yes"))

    assert len(author.provider.asked) == 120


def test_repeats_and_seed_are_those_of_the_command(author: Author) -> None:
    report = author.document("--repeats", "3", "--seed", "9", says=always("yes"))["report"]

    assert len(author.provider.asked) == 12
    assert report["measuring"] == {"repeats": 3, "seed": 9}


def test_another_model_is_asked_and_said(author: Author) -> None:
    result = author.evaluates("--endpoint", "http://localhost:1/v1", "--model", "qwen3", says=always("yes"))

    assert {question.model.id for question in author.provider.asked} == {"qwen3"}
    assert f"Asked qwen3 at http://localhost:1/v1; prompt.yaml names {MODEL}." in result.stdout


def test_a_cap_stops_the_run_and_says_what_was_spent(author: Author) -> None:
    author.cases(cases(60))

    result = author.evaluates("--max-usd", "0.01", "--concurrency", "1", says=always("yes"))

    assert result.exit_code == 9
    assert "Stopped: 5 of 60 cases, 5 passed, $0.0110 so far." in result.stderr
    assert result.stderr.splitlines()[-1].startswith("E_EVAL_SPEND: ")
    assert len(author.provider.asked) == 5


def test_a_cap_on_what_has_no_price_is_refused_at_once(author: Author) -> None:
    endpoint = ("--endpoint", "http://localhost:1/v1", "--model", "qwen3", "--max-usd", "1")

    refused = author.evaluates(*endpoint, says=always("yes"))
    asked = len(author.provider.asked)
    priced = author.evaluates(*endpoint, "--price", "0.5,2", says=always("yes"))

    assert (refused.exit_code, refused.stderr[:14], asked) == (9, "E_EVAL_SPEND: ", 0)
    assert (priced.exit_code, "$0.0036" in priced.stdout) == (0, True)


def test_ctrl_c_says_how_far_it_came_and_what_it_cost(author: Author) -> None:
    author.cases(cases(20))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    author.monkeypatch.setattr("promptops.cli.previews.tally.Tally._pace", interrupted)

    result = author.evaluates("--concurrency", "1", says=always("yes"))
    document = author.document("--concurrency", "1", says=always("yes"))

    assert result.exit_code == 130
    assert "Interrupted: 1 of 20 cases, 1 passed, $0." in result.stderr
    assert (document["outcome"], document["done"], document["planned"]) == ("interrupted", 1, 20)
    assert document["usage"]["cost_usd"] > 0


def test_reports_are_written_beside_the_answer(author: Author, tmp_path: Path) -> None:
    page, tests = tmp_path / "page.html", tmp_path / "junit.xml"

    result = author.evaluates("--html", str(page), "--junit", str(tests), says=unless("one"))

    assert result.exit_code == 7
    assert f"Wrote {page}.\nWrote {tests}.\n" in result.stderr
    assert "<pre>no</pre>" in page.read_text()
    assert 'name="one"' in tests.read_text()


def test_a_report_on_standard_output_is_alone_there(author: Author) -> None:
    result = author.evaluates("--junit", "-", says=unless("one"))

    assert result.stdout.startswith("<?xml")
    assert result.stdout.endswith("</testsuites>\n")
    assert "support-ticket: fail" in result.stderr


def test_a_report_that_cannot_be_written_is_known_before_a_model_is_asked(
    author: Author, tmp_path: Path
) -> None:
    result = author.evaluates("--html", str(tmp_path / "no" / "page.html"), says=always("yes"))

    assert (result.exit_code, result.stderr[:14]) == (2, "E_NOT_A_FILE: ")
    assert author.provider.asked == []


def test_what_a_file_of_cases_says_to_no_use_is_told(author: Author) -> None:
    tests = [{**case, "assert": [{"type": "contains", "value": "yes"}]} for case in cases(4)]
    (author.folder / "cases.json").write_text(json.dumps({"tests": tests, "providers": ["openai:some"]}))
    author.replaced = ("cases.jsonl", "cases.json")

    result = author.evaluates(says=always("yes"))

    assert result.exit_code == 0
    assert "W_DATASET_IGNORED: providers of cases.json say nothing about a case" in result.stderr


def test_a_slow_pace_takes_long_and_fails_nothing(author: Author) -> None:
    waits: list[float] = []
    timer = "promptops.asking.timer.SystemTimer"
    author.monkeypatch.setattr(f"{timer}.now", lambda self: 0.0)
    author.monkeypatch.setattr(f"{timer}.sleep", lambda self, seconds: waits.append(seconds))
    author.cases(cases(20))

    result = author.evaluates("--rpm", "1", says=always("yes"))

    assert result.exit_code == 0
    assert max(waits) == 19 * 60


def test_a_folder_may_bring_its_own_graders(author: Author) -> None:
    own = [{"type": "python", "value": "file://grader.py"}]
    (author.folder / "grader.py").write_text("def get_assert(output, context): return output == 'yes'\n")
    author.cases([{**case, "assert": own} for case in cases(4)])

    passed = author.evaluates(says=always("yes"))
    failed = author.evaluates(says=always("no"))

    assert (passed.exit_code, failed.exit_code) == (0, 7)
    assert "python: grader.py said no" in failed.stdout


def test_a_grader_that_dies_is_no_verdict(author: Author) -> None:
    own = [{"type": "not-python", "value": "file://grader.py"}]
    (author.folder / "grader.py").write_text("raise SystemExit\n")
    author.cases([{**case, "assert": own} for case in cases(4)])

    result = author.evaluates(says=always("yes"))

    assert result.exit_code == 9
    assert "4 of 4 cases could not be measured: E_EVAL_GRADER, " in result.stdout


def test_the_graders_of_a_folder_are_not_published(author: Author) -> None:
    own = [{"type": "python", "value": "file://grader.py"}]
    (author.folder / "grader.py").write_text("def get_assert(output, context): return True\n")
    author.cases([{**case, "assert": own} for case in cases(4)])
    author.evaluates(says=always("yes"))

    result = author.stack.run("publish", str(author.folder))

    assert result.exit_code == 2
    assert "python runs in `promptops evaluate FOLDER` only, on its author's machine." in result.stderr
    assert author.stack.api.posted == []


def test_an_endpoint_gets_the_key_of_the_environment_and_every_question(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = []

    class FakeEndpoint(FakeProvider):
        def __init__(self, endpoint: Endpoint, *, connections: int) -> None:
            super().__init__(always("yes"))
            keys.append((endpoint.url, endpoint.api_key(), connections))

    author.evaluates(says=always("yes"))
    author.asks_for_real()
    monkeypatch.setenv("OPENAI_API_KEY", "the-key")
    monkeypatch.setattr("promptops.models.openai_compatible.OpenAiCompatible", FakeEndpoint)

    result = author.stack.run(
        "evaluate", str(author.folder), "--endpoint", "https://models.example/v1", "--concurrency", "3"
    )

    assert result.exit_code == 0
    assert keys == [("https://models.example/v1", "the-key", 3)]
    assert "the-key" not in result.output


def test_a_model_of_an_endpoint_is_asked_only_where_one_is_named(author: Author) -> None:
    author.replaced = ("provider: bedrock", "provider: lab")
    author.evaluates(says=always("yes"))
    author.asks_for_real()

    result = author.stack.run("evaluate", str(author.folder))

    assert result.exit_code == 2
    assert "the provider 'lab' is asked at an endpoint. Name it with --endpoint URL" in result.stderr


def test_a_recorded_run_is_graded_again_without_a_model(author: Author, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    recorded = author.evaluates("--record", str(file), says=unless("one"))
    author.asks_for_real()

    replayed = author.stack.run("evaluate", str(author.folder), "--replay", str(file))

    assert f"Recorded in {file}." in recorded.stderr
    assert (recorded.exit_code, replayed.exit_code) == (7, 7)
    assert f"Replayed from {file}: no model was asked" in replayed.stdout
    assert recorded.stdout.partition("This is")[0] == replayed.stdout.partition("This is")[0]


def test_a_recording_of_another_prompt_has_no_answers_for_this_one(author: Author, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    author.evaluates("--record", str(file), says=always("yes"))
    author.asks_for_real()
    (author.folder / "user.md").write_text("Another prompt: {{ticket}}")

    result = author.stack.run("evaluate", str(author.folder), "--replay", str(file))

    assert (result.exit_code, result.stderr.splitlines()[-1][:20]) == (9, "E_EVAL_NOT_RECORDED:")


def test_a_recording_that_broke_off_replaces_none_that_is_whole(author: Author, tmp_path: Path) -> None:
    file = tmp_path / "run.jsonl"
    author.evaluates("--record", str(file), says=always("yes"))
    whole = file.read_text()

    author.evaluates("--record", str(file), "--max-usd", "0.001", "--concurrency", "1", says=always("no"))

    assert file.read_text() == whole
    assert '"text":"no"' in (tmp_path / "run.jsonl.partial").read_text()


@pytest.mark.parametrize(("content", "code"), [(None, "E_NOT_A_FILE"), (b"\xff", "E_RECORDING")])
def test_a_file_that_is_no_recording_is_refused(
    author: Author, tmp_path: Path, content: bytes | None, code: str
) -> None:
    author.evaluates(says=always("yes"))
    author.asks_for_real()
    file = tmp_path / "run.jsonl"
    if content is not None:
        file.write_bytes(content)

    result = author.stack.run("evaluate", str(author.folder), "--replay", str(file))

    assert (result.exit_code, result.stderr.partition(":")[0]) == (2, code)


def test_a_folder_without_cases_or_with_too_few_asks_nothing(author: Author) -> None:
    author.thresholds = "{min_score: 0.8, min_cases: 5}"

    result = author.evaluates(says=always("yes"))

    assert (result.exit_code, result.stderr[:17]) == (9, "E_EVAL_TOO_FEW: 4")
    assert author.provider.asked == []


def test_sensitive_cases_are_left_to_the_stack(author: Author) -> None:
    (author.folder / "cases.jsonl").unlink()
    named = f"dataset: {{sha256: {'a' * 64}, cases: 120, sensitive: true}}"
    author.replaced = ("dataset: {file: cases.jsonl}", named)

    result = author.evaluates(says=always("yes"))

    assert result.exit_code == 9
    assert "sensitive and lie in the restricted bucket" in result.stderr
    assert author.provider.asked == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--concurrency", "0"), "greater than or equal to 1"),
        (("--max-usd", "-1"), "--max-usd is -1. Write a number above 0."),
        (("--max-usd", "nan"), "--max-usd is nan. Write a number above 0."),
        (("--rpm", "0"), "--rpm is 0. Write a number above 0."),
        (("--repeats", "21"), "less than or equal to 20"),
        (("--price", "1"), "--price is 1. Write US dollars"),
        (("--record", "a", "--replay", "b"), "--record and --replay exclude each other"),
        (("--record", "-"), "--record writes to a file"),
        (("--replay", "a", "--max-usd", "1"), "--replay asks nobody"),
        (("--model", "qwen3"), "--model is for endpoints"),
        (("--env", "dev"), "--env is for versions"),
        (("--no-wait",), "--no-wait is for versions"),
        (("--junit", "-", "--json"), "standard output takes one document"),
        (("--against", ""), "--against is empty. Give it a value, or leave it out."),
        (("--endpoint", ""), "--endpoint is empty"),
        (("--junit", ""), "--junit is empty"),
    ],
)
def test_options_that_make_no_sense_are_refused(author: Author, options: tuple[str, ...], says: str) -> None:
    result = author.evaluates(*options, says=always("yes"))

    assert result.exit_code == 2
    assert says in result.stderr
    assert author.provider.asked == []


@pytest.mark.parametrize("option", ["--record", "--replay", "--endpoint", "--price"])
def test_how_a_version_is_measured_is_not_for_the_command_to_say(stack: Stack, option: str) -> None:
    result = stack.run("evaluate", "support-ticket@v1", option, "x")

    assert (result.exit_code, f"{option} is for folders" in result.stderr) == (2, True)
    assert stack.api.posted == []
