"""diff: what differs between two versions, two environments, a folder and its newest version."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptops.cli.checked import check
from promptops.cli.unified import unified
from promptops.domain.artifact import Artifact, Message
from promptops.domain.changes import changes
from promptops.domain.identifiers import PromptRef
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.variables import Variable
from promptops.stages.publish import publish
from tests.unit.cli.stack import Stack
from tests.unit.fakes import FakeDatasets
from tests.unit.release_world import ALICE, PROMPT

V1, V2, V3 = (PromptRef(PROMPT, version) for version in (1, 2, 3))
LINES = st.lists(st.sampled_from(["", "one", "two words", "two worlds", "three"]), max_size=12)


def store(stack: Stack, version: int, *texts: str, **fields: Any) -> Artifact:
    """A version with these messages instead of what the World wrote."""
    record = stack.world.publish(version)
    messages = tuple(Message("user", text) for text in texts)
    model = fields.pop("model", {"id": "some-model", "provider": "bedrock"})
    artifact = Artifact(PROMPT, messages, model, **fields)
    stack.world.artifacts.objects[record.ref] = artifact.to_bytes()
    stack.world.change(record.ref, sha256=artifact.digest())
    return artifact


def diff(stack: Stack, *arguments: str) -> dict[str, Any]:
    return stack.document("diff", *arguments)


def test_messages_differ_line_by_line(stack: Stack) -> None:
    store(stack, 1, "\n".join(f"line {number}" for number in range(1, 21)))
    store(stack, 2, "\n".join("changed" if n == 10 else f"line {n}" for n in range(1, 21)) + "\nnew")

    result = stack.run("diff", str(V1), str(V2))

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "--- support-ticket@v1",
        "+++ support-ticket@v2",
        "",
        "message 1 (user), changed",
        "@@ -7,7 +7,7 @@",
        " line 7",
        " line 8",
        " line 9",
        "-line 10",
        "+changed",
        " line 11",
        " line 12",
        " line 13",
        "@@ -18,3 +18,4 @@",
        " line 18",
        " line 19",
        " line 20",
        "+new",
    ]


def test_everything_else_differs_name_by_name(stack: Stack) -> None:
    store(stack, 1, "{{who}}", variables={"who": Variable()}, parameters={"temperature": 0})
    store(
        stack,
        2,
        "{{who}}",
        variables={"who": Variable(trusted=True)},
        parameters={"temperature": 1},
        model={"id": "other-model", "provider": "bedrock"},
        blocks={"tone": "ab" * 32},
        output_schema={"type": "object"},
        examples=({"input": "a", "output": "b"},),
    )
    stack.world.change(
        V2, policy=Policy("high", Thresholds(0.9, 7, margin=0.2)), owner="legal", tags=("eu",), label="2.0.0"
    )

    document = diff(stack, str(V1), str(V2))

    assert document["messages"] == [{"role": "user", "kind": "same", "diff": []}]
    names = {item["name"]: (item["before"], item["after"]) for item in document["settings"]}
    assert set(names) == {
        "model",
        "parameter temperature",
        "variable who",
        "block tone",
        "output schema",
        "example 1",
    }
    assert names["parameter temperature"] == ("0", "1")
    assert {item["name"]: (item["before"], item["after"]) for item in document["metadata"]} == {
        "risk": ("low", "high"),
        "threshold": ("0.8", "0.9"),
        "cases needed": ("5", "7"),
        "margin beside live": ("0.05", "0.2"),
        "owner": ("team", "legal"),
        "tags": ("", "eu"),
        "label": ("", "2.0.0"),
    }
    assert document["identical"] is False


def test_identical_is_equality_of_digests_and_never_a_likeness(stack: Stack) -> None:
    store(stack, 1, "same")
    store(stack, 2, "same")
    store(stack, 3, "same ")
    stack.world.change(V2, owner="legal")

    assert diff(stack, str(V1), str(V2))["identical"] is True
    assert diff(stack, str(V1), str(V3))["identical"] is False
    assert "Identical: the same content, cases and policy" in stack.run("diff", str(V1), str(V2)).stdout


@pytest.mark.parametrize("change", ["policy", "cases"])
def test_the_same_words_under_another_policy_or_other_cases_are_not_identical(
    stack: Stack, change: str
) -> None:
    store(stack, 1, "same")
    store(stack, 2, "same")
    record = stack.world.registry.version(V2)
    if change == "policy":
        stack.world.change(V2, policy=Policy("high", Thresholds()))
    else:
        stack.world.change(V2, dataset=type(record.dataset)("datasets/x.jsonl", "d" * 64, 5))

    assert diff(stack, str(V1), str(V2))["identical"] is False
    assert "The same content; cases or policy differ." in stack.run("diff", str(V1), str(V2)).stdout


@pytest.mark.parametrize(("other", "code"), [(V2, 0), (V3, 5)])
def test_the_exit_code_tells_if_asked(stack: Stack, other: PromptRef, code: int) -> None:
    store(stack, 1, "same")
    store(stack, 2, "same")
    store(stack, 3, "different")

    assert stack.run("diff", str(V1), str(other), "--exit-code").exit_code == code
    assert stack.run("diff", str(V1), str(other)).exit_code == 0


def test_what_nobody_can_see_is_spelled_out(stack: Stack) -> None:
    store(stack, 1, "pay 100", parameters={"stop": "a"})
    store(stack, 2, "pay \u202e100\u200b", parameters={"stop": "a\u200b"})

    result = stack.run("diff", str(V1), str(V2))

    assert "+pay ⟨U+202E⟩100⟨U+200B⟩" in result.stdout
    assert "a⟨U+200B⟩" in result.stdout
    assert not {"\u202e", "\u200b"} & set(result.stdout)
    assert not {"\u202e", "\u200b"} & set(stack.run("diff", str(V1), str(V2), "--json").stdout)


def test_one_version_is_compared_with_its_parent(stack: Stack) -> None:
    for version in (1, 2, 3):
        store(stack, version, f"text {version}")
    stack.world.change(V3, parent=1)

    assert diff(stack, str(V3))["before"]["name"] == str(V1)
    assert diff(stack, str(V2))["before"]["name"] == str(V1)


def test_a_label_names_its_version(stack: Stack) -> None:
    store(stack, 1, "text 1")
    store(stack, 2, "text 2")
    stack.world.change(V1, label="1.0.0")

    document = diff(stack, f"{PROMPT}@1.0.0", str(V2))

    assert document["before"]["name"] == str(V1)


def test_the_first_version_is_all_new(stack: Stack) -> None:
    store(stack, 1, "text 1")

    document = diff(stack, str(V1))

    assert document["before"] is None
    assert document["identical"] is False
    assert document["messages"] == [{"role": "user", "kind": "added", "diff": ["@@ -0,0 +1,1 @@", "+text 1"]}]


def test_two_environments_are_compared_by_what_is_live_there(stack: Stack) -> None:
    stack.world.released(1, to="prod")
    stack.world.released(2, to="staging")

    document = diff(stack, PROMPT, "--env", "staging", "--env", "prod")

    assert document["before"]["name"] == "support-ticket@v2 in staging"
    assert document["after"]["name"] == "support-ticket@v1 in prod"


def test_an_environment_where_nothing_is_live_says_so(stack: Stack) -> None:
    stack.world.released(1, to="dev")
    stack.serve()

    never = stack.run("diff", PROMPT, "--env", "dev", "--env", "prod")
    stack.run("retire", PROMPT, "--env", "dev", "--reason", "replaced")
    retired = stack.run("diff", PROMPT, "--env", "dev", "--env", "prod")

    assert never.stderr.startswith("E_NOT_RELEASED: support-ticket has no release in prod.")
    assert retired.stderr.startswith("E_NOT_RELEASED: support-ticket is retired in dev.")
    assert (never.exit_code, retired.exit_code) == (2, 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    prompts = Path(__file__).parents[3] / "prompts"
    shutil.copytree(prompts / "_blocks", tmp_path / "_blocks")
    return Path(shutil.copytree(prompts / PROMPT, tmp_path / PROMPT))


def test_a_folder_is_compared_with_the_newest_version(stack: Stack, folder: Path) -> None:
    store(stack, 1, "old")
    store(stack, 2, "newest")

    document = diff(stack, str(folder))

    assert document["before"]["name"] == str(V2)
    assert document["after"]["name"] == str(folder)
    assert document["identical"] is False


def test_a_folder_as_it_was_published_is_identical(stack: Stack, folder: Path) -> None:
    first = diff(stack, str(folder))
    assert first["before"] is None
    published(stack, folder)

    unchanged = diff(stack, str(folder))
    (folder / "cases.jsonl").write_text((folder / "cases.jsonl").read_text() + "\n")

    assert unchanged["identical"] is True
    assert unchanged["metadata"] == []
    assert diff(stack, str(folder))["identical"] is False


def published(stack: Stack, folder: Path) -> None:
    checked = check(folder)
    world = stack.world
    publish(
        checked.source,
        checked.folder.dataset,
        ALICE,
        (),
        "",
        registry=world.registry,
        artifacts=world.artifacts,
        datasets=FakeDatasets(),
        archive=world.archive,
        clock=world.clock,
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((PROMPT,), "E_USAGE"),
        ((PROMPT, "--env", "dev"), "E_USAGE"),
        ((str(V1), str(V2), "--env", "dev", "--env", "prod"), "E_USAGE"),
        ((str(V1), str(V2), str(V3)), "E_USAGE"),
        (("prompts/support-ticket", str(V1)), "E_USAGE"),
        ((PROMPT, "--env", "dev", "--env", "production"), "E_ENV"),
        ((str(V1), str(V3)), "E_VERSION_UNKNOWN"),
        ((f"{PROMPT}@12",), "E_VERSION"),
    ],
)
def test_what_cannot_be_compared_is_refused(stack: Stack, arguments: Sequence[str], code: str) -> None:
    stack.world.released(1, 2)

    result = stack.run("diff", *arguments)

    assert (result.exit_code, result.stderr.partition(":")[0]) == (2, code)


@given(LINES, LINES, st.integers(0, 3))
def test_a_unified_diff_applied_to_the_old_text_gives_the_new_one(
    before: list[str], after: list[str], context: int
) -> None:
    old, new = (Artifact("demo", (Message("user", "\n".join(text)),), {}) for text in (before, after))
    (message,) = changes(old, new).messages

    assert applied("\n".join(before).split("\n"), list(unified(message, context))) == "\n".join(after).split(
        "\n"
    )


def applied(lines: list[str], hunks: list[str]) -> list[str]:
    """What a diff makes of these lines; fails where it does not fit."""
    made: list[str] = []
    position = 0
    for line in hunks:
        if line.startswith("@@"):
            begin, _, count = line.split()[1][1:].partition(",")
            start = int(begin) - 1 if int(count) else int(begin)
            made += lines[position:start]
            position = start
        elif line[0] == "+":
            made.append(line[1:])
        else:
            assert lines[position] == line[1:]
            position += 1
            made += [line[1:]] if line[0] == " " else []
    return made + lines[position:]
