"""promptops dataset: what a case file holds is said here, what is sensitive goes where nobody reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptops.cli import dataset
from promptops.stages.upload_dataset import upload
from tests.unit.cli.stack import Stack, run
from tests.unit.fakes import FakeDatasets

PROMPTS = Path(__file__).parents[3] / "prompts"
CASES = """\
- description: Mrs Canary complains
  vars: {ticket: canary text}
  tags: [billing, angry]
  critical: true
  provenance: canary desk
  assert:
    - {type: contains, value: canary, metric: tone}
    - {type: not-contains, value: refund}
- vars: {ticket: short}
  tags: [billing]
  assert: [{type: contains, value: a}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "cases.yaml"
    made.write_text(CASES)
    return made


@pytest.fixture
def stored(stack: Stack) -> FakeDatasets:
    """The restricted bucket behind the API."""
    datasets = FakeDatasets()
    stack.api.answers["/v1/datasets"] = lambda body: upload(body["cases"], datasets=datasets).to_dict()
    return datasets


def test_cases_are_counted_without_aws(file: Path) -> None:
    document = json.loads(run("dataset", "check", str(file), "--json").stdout)
    shown = run("dataset", "check", str(file)).stdout

    assert document == {
        "valid": True,
        "cases": 2,
        "critical": 1,
        "tags": {"billing": 2, "angry": 1},
        "metrics": {"tone": 1},
        "assertions": {"contains": 2, "not-contains": 1},
        "warnings": [],
    }
    assert shown.startswith("cases.yaml is valid: 2 cases, 1 critical.\n")
    assert [line.split() for line in shown.splitlines()[2:4]] == [
        ["tags", "billing", "2"],
        ["tags", "angry", "1"],
    ]


def test_cases_are_checked_against_the_prompt_that_is_named(file: Path, tmp_path: Path) -> None:
    fits = run("dataset", "check", str(file), "--prompt", str(PROMPTS / "support-ticket"))
    file.write_text(CASES.replace("ticket: short", "tickt: short"))
    wrong = run("dataset", "check", str(file), "--prompt", str(PROMPTS / "support-ticket"))

    assert fits.exit_code == 0
    assert wrong.exit_code == 2
    assert (
        "cases.yaml test 2: 'tickt' is not a variable of this prompt (did you mean 'ticket'?)" in wrong.stderr
    )


def test_what_a_check_passes_over_is_said(file: Path) -> None:
    file.write_text(CASES.replace("  critical: true", "  metadata: {seen: yes}".replace("yes", "true")))

    checked = run("dataset", "check", str(file))

    assert checked.exit_code == 0
    assert checked.stderr.startswith("W_DATASET_IGNORED: metadata of cases.yaml")


def test_an_upload_answers_with_what_prompt_yaml_says(stack: Stack, stored: FakeDatasets, file: Path) -> None:
    document = stack.document("dataset", "upload", str(file))
    shown = stack.run("dataset", "upload", str(file)).stdout

    (key,) = stored.objects
    digest = key.removeprefix("datasets/").removesuffix(".jsonl")
    snippet = f'dataset: {{sha256: "{digest}", cases: 2, sensitive: true}}'
    assert document == {"sha256": digest, "cases": 2, "prompt_yaml": snippet}
    assert shown.splitlines()[1] == snippet
    assert [repeatable for _, _, repeatable in stack.api.posted] == [True, True]


def test_an_upload_says_no_word_of_the_cases(stack: Stack, stored: FakeDatasets, file: Path) -> None:
    done = stack.run("dataset", "upload", str(file))

    (content,) = stored.objects.values()
    assert b"canary text" in content
    assert [json.loads(line)["id"] for line in content.splitlines()] == ["case-0001", "case-0002"]
    assert "canary" not in done.output.lower()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cases.yaml", "- {vars: {canary: {{canary}}}}"),
        ("cases.yaml", CASES.replace("type: contains", "type: canary")),
        ("cases.yaml", CASES.replace("critical: true", "critical: canary")),
        ("cases.yaml", CASES.replace("critical: true", "canary: true")),
        ("cases.json", '{"canary": 1, "canary": 2}'),
        ("cases.csv", "ticket,__expected\nx,javascript: canary\n"),
        ("cases.csv", "ticket,ticket canary,ticket canary\n"),
        ("cases.jsonl", '{"id": "canary canary"}'),
    ],
)
def test_an_upload_that_fails_says_no_word_of_them_either(
    stack: Stack, stored: FakeDatasets, tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)

    done = stack.run("dataset", "upload", str(tmp_path / name))

    assert done.exit_code == 2
    assert "promptops dataset check" in done.stderr
    assert "canary" not in done.output
    assert stored.objects == {}
    assert stack.api.posted == []


def test_more_than_the_api_takes_is_not_sent(
    stack: Stack, stored: FakeDatasets, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "MAX_PACKED_CHARS", 100)

    done = stack.run("dataset", "upload", str(file))

    assert done.exit_code == 2
    assert "bytes when compressed, limit 100" in done.stderr
    assert stack.api.posted == []


@pytest.mark.parametrize("command", ["check", "upload"])
def test_a_file_that_is_not_there_is_named(stack: Stack, command: str, tmp_path: Path) -> None:
    done = stack.run("dataset", command, str(tmp_path / "cases.jsonl"))

    assert done.exit_code == 2
    assert "E_NOT_A_FILE: 'cases.jsonl' does not exist" in done.stderr
