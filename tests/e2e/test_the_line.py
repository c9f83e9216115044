"""A prompt walks the whole line through the deployed functions, API and workflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.local.demo.line import walk
from infra.local.demo.story import Story
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import renamed


def test_the_demos_story_ends_as_told(aws: LocalAws, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    story = Story()

    walk(story, aws.instance)
    story.write(tmp_path / "demo.json")

    steps = json.loads((tmp_path / "demo.json").read_text())["steps"]
    assert [step["name"] for step in steps][-3:] == ["roll back", "resolve", "history"]
    assert not [step for step in steps if step["outcome"].startswith("failed")]
    assert "refused by evaluation" in capsys.readouterr().out


def test_publishing_the_same_again_changes_nothing(aws: LocalAws, tmp_path: Path):
    alice = aws.person("alice")
    folder = renamed(tmp_path, "support-ticket", "published-twice")

    first = alice.types("publish", str(folder)).document
    again = alice.types("publish", str(folder)).document

    assert (first["outcome"], first["version"]) == ("published", "v1")
    assert (again["outcome"], again["version"], again["sha256"]) == ("unchanged", "v1", first["sha256"])
