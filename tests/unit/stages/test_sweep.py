"""Promises of the sweep: every version has its copy in the archive in the end, and no copy changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from promptops.domain.errors import Throttled
from promptops.domain.identifiers import PromptRef
from promptops.domain.version import VersionRecord
from promptops.stages import sweep as stage
from promptops.stages.sweep import Swept, sweep
from tests.unit.fakes import FakeArchive, FakeRegistry
from tests.unit.release_world import World as ReleaseWorld


class World:
    def __init__(self) -> None:
        self.registry: FakeRegistry = ReleaseWorld().registry
        self.archive = FakeArchive()

    def publish(self, prompt_id: str, *versions: int) -> None:
        world = ReleaseWorld()
        for version in versions:
            record = world.publish(version, prompt_id=prompt_id)
            self.registry.rows[record.ref] = record

    def sweep(self) -> Swept:
        return sweep(registry=self.registry, archive=self.archive)


def key(prompt_id: str, version: int) -> str:
    return f"archive/registry/{prompt_id}/versions/v{version}.json"


def test_every_version_of_every_prompt_is_copied_once():
    world = World()
    world.publish("refund-policy", 1)
    world.publish("support-ticket", 1, 2, 4)

    first, second = world.sweep(), world.sweep()

    assert sorted(world.archive.objects) == [
        key("refund-policy", 1),
        *(key("support-ticket", version) for version in (1, 2, 4)),
    ]
    assert world.registry.archived == {"refund-policy": 1, "support-ticket": 4}
    assert (first.checked, first.copied, second.checked, second.copied) == (2, 4, 2, 0)


def test_only_what_came_after_the_mark_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "BATCH_VERSIONS", 2)
    world = World()
    world.publish("support-ticket", *range(1, 8))
    world.registry.mark_archived("support-ticket", 3)
    asked: list[int] = []
    plain_records = world.registry.records

    def records(refs: Sequence[PromptRef]) -> Mapping[PromptRef, VersionRecord]:
        asked.extend(ref.version for ref in refs)
        return plain_records(refs)

    world.registry.records = records  # type: ignore[method-assign]

    world.sweep()

    assert asked == [4, 5, 6, 7]


def test_prompts_beyond_the_first_page_are_swept_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stage, "PAGE_FAMILIES", 2)
    world = World()
    for prompt_id in ("aa", "bb", "cc", "dd", "ee"):
        world.publish(prompt_id, 1)

    assert (world.sweep().checked, len(world.archive.objects)) == (5, 5)


def test_a_copy_with_another_content_is_told_each_time_and_hides_nothing():
    world = World()
    world.publish("support-ticket", 1, 2, 3)
    forged = {"schema": 1, "version": {"forged": True}}
    world.archive.objects[key("support-ticket", 2)] = forged

    first, second = world.sweep(), world.sweep()

    assert [error.code for error in first.errors] == [error.code for error in second.errors] == ["E_DIGEST"]
    assert world.archive.objects[key("support-ticket", 2)] == forged
    assert key("support-ticket", 3) in world.archive.objects
    assert world.registry.archived == {}


def test_one_prompt_in_trouble_keeps_no_other_from_its_copies():
    world = World()
    world.publish("refund-policy", 1)
    world.publish("support-ticket", 1)
    plain_keep = world.archive.keep

    def keep(where: str, document: Mapping[str, Any]) -> None:
        if "refund" in where:
            raise Throttled("slow down")
        plain_keep(where, document)

    world.archive.keep = keep  # type: ignore[method-assign]

    swept = world.sweep()

    assert [error.code for error in swept.errors] == ["E_THROTTLED"]
    assert world.registry.archived == {"support-ticket": 1}
