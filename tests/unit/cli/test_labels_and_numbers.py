"""publish: what a folder says of its label, and what is typed of its number."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.cli.stack import Stack

PROMPTS = Path(__file__).parents[3] / "prompts"
PUBLISHED = {"outcome": "published", "prompt_id": "support-ticket", "version": "v2", "warnings": []}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(PROMPTS / "_blocks", tmp_path / "_blocks")
    return Path(shutil.copytree(PROMPTS / "support-ticket", tmp_path / "support-ticket"))


def labelled(folder: Path, label: str) -> str:
    with (folder / "prompt.yaml").open("a", encoding="utf-8") as metadata:
        metadata.write(f"\nlabel: {label}\n")
    return str(folder)


def test_a_label_is_sent_with_the_source(stack: Stack, folder: Path):
    stack.api.answers["/v1/publish"] = PUBLISHED

    result = stack.run("publish", labelled(folder, "2.2.0-rc1"))

    (_, body, _) = stack.api.posted[0]
    assert (body["source"]["label"], body["version"]) == ("2.2.0-rc1", "")
    assert result.stdout == "Published support-ticket@v2 (2.2.0-rc1).\n"


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("v2.2.0", "E_LABEL: label 'v2.2.0' is no semantic version: it begins with a v."),
        ("2.2", "E_METADATA_TYPE: prompt.yaml:"),
    ],
)
def test_a_label_that_is_none_is_refused_before_anything_is_sent(
    stack: Stack, folder: Path, label: str, message: str
):
    for command in ("validate", "publish"):
        result = stack.run(command, labelled(folder, label) if command == "validate" else str(folder))

        assert result.exit_code == 2
        assert message in result.stderr
    assert stack.api.posted == []


def test_a_number_that_is_typed_is_sent(stack: Stack, folder: Path):
    stack.api.answers["/v1/publish"] = PUBLISHED

    stack.run("publish", str(folder), "--as", "v2")

    assert stack.api.posted[0][1]["version"] == "v2"


def test_a_number_that_is_none_is_refused_before_anything_is_sent(stack: Stack, folder: Path):
    result = stack.run("publish", str(folder), "--as", "12")

    assert result.exit_code == 2
    assert result.stderr == "E_VERSION: '12' is not a version. Use v<number>, e.g. v12.\n"
    assert stack.api.posted == []
