"""validate says what publish would say, of a folder and of a version."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.artifact import Message
from promptops.domain.errors import ArtifactMissing, ControlCharacter, DigestMismatch, UndeclaredVariable
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.source import PromptSource
from promptops.stages.publish import publish
from promptops.stages.validate import validate, validate_version
from tests.unit.fakes import FakeArchive, FakeArtifacts, FakeClock, FakeDatasets, FakeRegistry

CASE = '{"id": "one", "vars": {"ticket": "db down"}, "assert": [{"type": "is-json"}]}\n'
REF = PromptRef("support-ticket", 1)


def a_source(text: str = "{{ticket}}") -> PromptSource:
    document: dict[str, Any] = {
        "prompt_id": "support-ticket",
        "owner": "ml-platform",
        "risk": "low",
        "rationale": "first",
        "messages": [{"role": "user", "content": text}],
        "model": {"id": "a-model", "provider": "bedrock"},
        "variables": {"ticket": {"type": "string"}},
    }
    return PromptSource.from_dict(document)


class Published:
    """One version in memory."""

    def __init__(self) -> None:
        self.registry = FakeRegistry()
        self.artifacts = FakeArtifacts()
        self.result = publish(
            a_source(), CASE, Actor("iam", "arn:aws:iam::111122223333:user/alice"), (), "",
            registry=self.registry, artifacts=self.artifacts, datasets=FakeDatasets(),
            archive=FakeArchive(), clock=FakeClock(),
        )  # fmt: skip

    def validate(self) -> None:
        validate_version(REF, registry=self.registry, artifacts=self.artifacts)


def test_validate_and_publish_agree():
    validated = validate(a_source(), CASE)
    published = Published().result

    assert validated.artifact.digest() == published.record.sha256
    assert validated.cases == published.record.dataset.cases == 1
    assert validated.warnings == published.warnings


def test_the_first_error_is_raised():
    with pytest.raises(UndeclaredVariable):
        validate(a_source("{{tickt}}"), CASE)


def test_a_published_version_is_valid():
    Published().validate()


def test_bytes_that_are_gone_or_others_are_not_valid():
    published = Published()

    published.artifacts.objects[REF] += b" "
    with pytest.raises(DigestMismatch):
        published.validate()
    del published.artifacts.objects[REF]
    with pytest.raises(ArtifactMissing):
        published.validate()


def test_a_version_that_breaks_a_rule_of_today_is_not_valid():
    published = Published()
    record = published.registry.rows[REF]
    stale = replace(published.artifacts.load(record), messages=(Message("user", "a\x00"),))
    published.artifacts.objects[REF] = stale.to_bytes()
    published.registry.rows[REF] = replace(record, sha256=stale.digest())

    with pytest.raises(ControlCharacter):
        published.validate()
