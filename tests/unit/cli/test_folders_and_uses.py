"""publish, validate, resolve, observe: from a folder to the application and back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from promptops.cli.git_history import Authorship
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import AccessRefused
from promptops.domain.variables import Variable
from tests.unit.cli.stack import Stack, run
from tests.unit.release_world import PROMPT

PROMPTS = Path(__file__).parents[3] / "prompts"
SUPPORT = str(PROMPTS / "support-ticket")


def published(outcome: str) -> dict[str, Any]:
    return {"outcome": outcome, "prompt_id": PROMPT, "version": "v13", "warnings": ["W_VARIABLE_UNUSED: x."]}


def test_validate_needs_no_aws() -> None:
    result = run("validate", SUPPORT, env={"AWS_PROFILE": "none-such", "AWS_REGION": ""})

    assert result.exit_code == 0
    assert result.stdout.startswith("support-ticket is valid: ")


def test_validate_in_json() -> None:
    result = run("validate", SUPPORT, "--json")

    assert '"valid": true' in result.stdout
    assert '"prompt_id": "support-ticket"' in result.stdout


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("schema: 1\nowner: [a", "E_METADATA: prompt.yaml:2:10: "),
        ("schema: 1\nowner: a\nowner: b", "E_DUPLICATE_KEY: prompt.yaml: 'owner' lines 2 and 3. "),
        ("schema: 1\nowner: &a b", "E_METADATA: prompt.yaml:2:8: aliases are not allowed. "),
        (
            "schema: 1\nowner: no",
            'E_METADATA_TYPE: prompt.yaml:2:8: owner must be text, found no. Quote it: "no".',
        ),
        (
            "schema: 1\nownr: a",
            "E_METADATA_UNKNOWN: prompt.yaml: 'ownr' is not a field (did you mean 'owner'?). ",
        ),
        ("schema: 1\na: " + "[" * 30, "E_TOO_DEEP: prompt.yaml:2:"),
    ],
)
def test_broken_metadata_is_refused_in_one_line_with_its_place(
    tmp_path: Path, yaml: str, message: str
) -> None:
    (tmp_path / "prompt.yaml").write_text(yaml)

    result = run("validate", str(tmp_path))

    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["validate", "publish", "evaluate"])
def test_a_copied_folder_cannot_pass_for_the_prompt_it_was_copied_from(
    command: str, stack: Stack, tmp_path: Path
) -> None:
    shutil.copytree(PROMPTS / "_blocks", tmp_path / "_blocks")
    copy = shutil.copytree(SUPPORT, tmp_path / "billing-ticket")

    result = stack.run(command, str(copy))

    assert result.exit_code == 2
    assert result.stderr == (
        "E_METADATA: prompt_id is 'support-ticket', its folder 'billing-ticket'. Give both the same name.\n"
    )
    assert stack.api.posted == []


def test_a_folder_is_named_by_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SUPPORT)

    assert run("validate", ".").exit_code == 0


def test_a_prompt_without_a_version_is_no_folder_to_preview(stack: Stack) -> None:
    result = stack.run("evaluate", "support-ticket")

    assert result.exit_code == 2
    assert result.stderr.endswith("For a published version add its number: support-ticket@v1.\n")


def test_publish_sends_source_cases_and_authors(stack: Stack) -> None:
    stack.api.answers["/v1/publish"] = published("published")

    result = stack.run("publish", SUPPORT)

    (path, body, repeatable), *_ = stack.api.posted
    assert result.exit_code == 0
    assert result.stdout == "Published support-ticket@v13.\n"
    assert "W_VARIABLE_UNUSED" in result.stderr
    assert (path, repeatable) == ("/v1/publish", True)
    assert body["source"]["prompt_id"] == "support-ticket"
    assert body["dataset"] == (PROMPTS / "support-ticket" / "cases.jsonl").read_text()
    assert set(body) == {"source", "dataset", "authors", "commit", "version"}


def test_publishing_the_same_again_is_no_error(stack: Stack) -> None:
    stack.api.answers["/v1/publish"] = published("unchanged")

    result = stack.run("publish", SUPPORT)

    assert result.exit_code == 0
    assert result.stdout == "support-ticket@v13 has this content already.\n"


def test_publish_warns_of_authors_who_would_keep_a_high_risk_release_from_approval(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.api.answers["/v1/publish"] = published("published")
    written = Authorship(("alice@example.com", "stranger@example.com"), "c" * 40)
    monkeypatch.setattr("promptops.cli.folder.authorship", lambda *_: written)

    high, low = (
        stack.run("publish", str(PROMPTS / name)).stderr for name in ("refund-policy", "support-ticket")
    )

    assert "W_AUTHOR_UNKNOWN: stranger@example.com is nobody in the people map." in high
    assert "alice" not in high
    assert "W_AUTHOR_UNKNOWN" not in low


def test_a_bad_folder_is_never_sent(stack: Stack, tmp_path: Path) -> None:
    assert stack.run("publish", str(tmp_path / "nowhere")).exit_code == 2
    assert stack.api.posted == []


def test_publish_works_for_who_may_not_read_the_registry(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(prompt_id: str) -> None:
        raise AccessRefused("dynamodb:Query answered AccessDeniedException")

    monkeypatch.setattr(stack.world.registry, "family", refused)
    stack.api.answers["/v1/publish"] = published("published")

    assert stack.run("publish", SUPPORT).exit_code == 0


class FakePrompt:
    """What PromptClient.get gives, of one artifact."""

    prompt_id, environment, version, revision, sha256 = PROMPT, "dev", "v1", 4, "a" * 64
    model, source, stale = "some-model", "aws", False

    def __init__(self) -> None:
        self.parameters = {"temperature": 0}
        self.artifact = Artifact(
            PROMPT,
            (Message("user", "{{ticket}} {{days}} {{urgent}}"),),
            {"id": "some-model"},
            {"ticket": Variable(), "days": Variable("number", 3), "urgent": Variable("boolean", False)},
        )

    @property
    def variables(self) -> Any:
        return self.artifact.variables

    def messages(self, **values: object) -> list[dict[str, str]]:
        from promptops.domain.rendering import render

        return render(self.artifact, values)

    def explain(self) -> str:
        return "support-ticket v1 is live in dev as of revision 4"


@pytest.fixture
def client(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    class FakeClient:
        def __init__(self, **options: object) -> None:
            assert options["env"] == "dev"

        def get(self, prompt_id: str) -> FakePrompt:
            return FakePrompt()

    stack.line.__dict__["session"] = None
    monkeypatch.setattr("promptops.client.PromptClient", FakeClient)
    return stack


def test_resolve_prints_what_the_application_gets(client: Stack) -> None:
    result = client.run(
        "resolve", PROMPT, "--env", "dev", "--var", "ticket=a=b", "--var", "days=30", "--var", "urgent=true"
    )

    assert result.exit_code == 0
    assert result.stdout == "[user]\na=b 30 true\n"
    assert "revision 4" in result.stderr


def test_resolve_in_json(client: Stack) -> None:
    document = client.document("resolve", PROMPT, "--env", "dev", "--var", "ticket=slow")

    assert document["messages"] == [{"role": "user", "content": "slow 3 false"}]
    assert (document["version"], document["revision"], document["source"], document["stale"]) == (
        "v1",
        4,
        "aws",
        False,
    )


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ((), "E_VARIABLE_MISSING"),
        (("ticket=x", "tickt=y"), "E_VARIABLE_UNKNOWN"),
        (("ticket=x", "days=soon"), "E_VARIABLE_TYPE"),
        (("ticket=x", "urgent=yes"), "E_VARIABLE_TYPE"),
        (("ticket=x", "ticket=y"), "E_USAGE"),
    ],
)
def test_wrong_variables_are_named_and_their_values_are_not(
    client: Stack, variables: tuple[str, ...], code: str
) -> None:
    options = [part for text in variables for part in ("--var", text)]

    result = client.run("resolve", PROMPT, "--env", "dev", *options)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{code}: ")
    assert "soon" not in result.stderr


def test_observe_reports_on_the_live_version(stack: Stack) -> None:
    stack.world.released(1, 2, to="dev")
    stack.api.answers["/v1/observe"] = {"accepted": 1}

    result = stack.run(
        "observe",
        PROMPT,
        "--env",
        "dev",
        "--latency-ms",
        "840",
        "--tokens",
        "310",
        "--quality",
        "0.9",
        "--no-error",
    )

    assert result.exit_code == 0
    record = {
        "environment": "dev",
        "prompt_id": PROMPT,
        "version": "v2",
        "latency_ms": 840.0,
        "tokens": 310,
        "quality": 0.9,
        "error": False,
    }
    assert stack.api.posted == [("/v1/observe", {"records": [record]}, False)]


@pytest.mark.parametrize("quality", ["nan", "inf", "7", "-1"])
def test_what_cannot_be_measured_is_not_sent(stack: Stack, quality: str) -> None:
    result = stack.run("observe", "support-ticket@v1", "--env", "dev", "--quality", quality)

    assert (result.exit_code, result.stderr.partition(" of ")[0]) == (2, "E_RECORD: quality")
    assert stack.api.posted == []


def test_observe_takes_a_version(stack: Stack) -> None:
    stack.api.answers["/v1/observe"] = {"accepted": 1}

    document = stack.document(
        "observe", "support-ticket@v1", "--env", "dev", "--cost-usd", "0.01", "--corrected"
    )

    assert document["record"] == {
        "environment": "dev",
        "prompt_id": PROMPT,
        "version": "v1",
        "cost_usd": 0.01,
        "corrected": True,
    }
    assert document["accepted"] == 1
