"""Promises of publish: one immutable version a source, whoever publishes at the same time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.errors import (
    BadInput,
    Conflict,
    ControlCharacter,
    EmptyPrompt,
    InvalidDataset,
    InvalidMetadata,
    InvalidMetadataType,
    InvalidPromptId,
    InvalidTemplate,
    InvalidThreshold,
    InvisibleCharacter,
    MissingBlock,
    ReservedPromptId,
    SecretInPrompt,
    TooLarge,
    UndeclaredVariable,
    UnknownMetadata,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.source import PromptSource
from promptops.stages.publish import Published, publish
from tests.unit.fakes import FakeArtifacts, FakeClock, FakeDatasets, FakeRegistry

ALICE = Actor("iam", "arn:aws:iam::111122223333:user/alice")
CASE = '{"id": "one", "vars": {"ticket": "db down"}, "assert": [{"type": "is-json"}]}\n'
SOURCE: dict[str, Any] = {
    "schema": 1,
    "prompt_id": "support-ticket",
    "owner": "ml-platform",
    "risk": "low",
    "rationale": "first",
    "messages": [{"role": "system", "content": "Triage."}, {"role": "user", "content": "{{ticket}}"}],
    "model": {"id": "a-model", "provider": "bedrock"},
    "variables": {"ticket": {"type": "string"}},
}


class World:
    def __init__(self) -> None:
        self.registry = FakeRegistry()
        self.artifacts = FakeArtifacts()
        self.datasets = FakeDatasets()
        self.clock = FakeClock()

    def publish(self, dataset: str = CASE, authors: tuple[str, ...] = (), **changes: Any) -> Published:
        return publish(
            PromptSource.from_dict({**SOURCE, **changes}),
            dataset,
            ALICE,
            authors,
            "abc123",
            registry=self.registry,
            artifacts=self.artifacts,
            datasets=self.datasets,
            clock=self.clock,
        )


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_the_first_version_is_v1_and_holds_what_was_written():
    world = World()

    published = world.publish(authors=("Alice@Example.com", "alice@example.com"))

    record = published.record
    assert (published.outcome, record.ref) == ("published", PromptRef("support-ticket", 1))
    assert (record.published_by, record.authors, record.commit) == (ALICE, ("alice@example.com",), "abc123")
    assert record.dataset.cases == 1
    assert world.artifacts.load(record).messages[1].content == "{{ticket}}"


def test_the_same_source_again_is_unchanged():
    world = World()
    world.publish()

    again = world.publish()

    assert (again.outcome, again.record.ref.version, len(world.registry.records)) == ("unchanged", 1, 1)


@pytest.mark.parametrize(
    "change", [{"risk": "high"}, {"rationale": "again"}, {"thresholds": {"min_score": 0.9}}]
)
def test_a_change_of_policy_alone_is_a_new_version_of_the_same_bytes(change):
    world = World()
    first = world.publish().record

    second = world.publish(**change).record

    assert (second.ref.version, second.sha256, second.parent) == (2, first.sha256, 1)


def test_other_cases_alone_are_a_new_version():
    world = World()
    world.publish()

    assert world.publish(dataset=CASE.replace("one", "two")).record.ref.version == 2


def test_going_back_to_an_older_text_is_a_new_version():
    world = World()
    world.publish(messages=said("a"))
    world.publish(messages=said("b"))

    assert world.publish(messages=said("a")).record.ref.version == 3


def test_an_object_left_by_a_crash_is_taken_over_if_it_is_ours():
    world = World()
    crashed = World()
    content = crashed.artifacts.objects
    crashed.publish()
    world.artifacts.objects.update(content)

    assert world.publish().record.ref.version == 1


def test_an_object_left_by_somebody_else_burns_its_number():
    world = World()
    world.artifacts.objects[PromptRef("support-ticket", 1)] = b"other bytes"

    published = world.publish()

    assert published.record.ref.version == 2
    assert world.artifacts.objects[PromptRef("support-ticket", 1)] == b"other bytes"


def test_two_publishers_at_once_get_two_versions():
    world = World()
    plain_commit = world.registry.commit

    def commit_after_another(record, *, after):
        world.registry.commit = plain_commit
        other = replace(record, source_sha256="of another", sha256="other")
        world.artifacts.objects[PromptRef("support-ticket", 1)] = b"of another"
        assert plain_commit(other, after=0)
        return plain_commit(record, after=after)

    world.registry.commit = commit_after_another

    assert world.publish().record.ref.version == 2
    assert [record.source_sha256 == "of another" for record in world.registry.versions("support-ticket")] == [
        False,
        True,
    ]


def test_who_always_loses_the_race_is_told_and_nothing_is_lost():
    world = World()
    world.registry.commit = lambda record, *, after: False

    with pytest.raises(Conflict, match="published by others, 20 attempts"):
        world.publish()


def test_blocks_are_inlined_and_pinned():
    world = World()

    record = world.publish(
        dataset="",
        messages=said("Be kind.\n{{> tone}}\nBye."),
        blocks={"tone": "Say please.\n"},
        variables={},
    ).record

    artifact = world.artifacts.load(record)
    assert artifact.messages[0].content == "Be kind.\nSay please.\nBye."
    assert list(artifact.blocks) == ["tone"]


def test_an_unused_variable_is_a_warning():
    world = World()

    warnings = world.publish(messages=said("text")).warnings

    assert "W_VARIABLE_UNUSED: no message uses ticket. Remove it from variables." in warnings


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"prompt_id": "../prod/x"}, InvalidPromptId, "E_ID: '../prod/x' is not a prompt id"),
        ({"prompt_id": "Support-Ticket"}, InvalidPromptId, "did you mean 'support-ticket'?"),
        ({"prompt_id": "supp\u043ert"}, InvalidPromptId, "character 5 is U+043E CYRILLIC SMALL LETTER O"),
        ({"prompt_id": "ticket\n"}, InvalidPromptId, "character 7 is U+000A"),
        ({"prompt_id": "a" * 65}, InvalidPromptId, "65 characters, allowed are 2 to 64"),
        ({"prompt_id": "a--b"}, InvalidPromptId, "'--' is not allowed"),
        ({"prompt_id": "-ab"}, InvalidPromptId, "it may not begin or end with '-'"),
        ({"prompt_id": "aws-x"}, ReservedPromptId, "E_ID_RESERVED: 'aws-x' is reserved"),
        ({"messages": said("  \n ")}, EmptyPrompt, "E_EMPTY: message 1 (user) has no text"),
        ({"messages": said("a\nb\x00")}, ControlCharacter, "message 1 (user) line 2 col 2: U+0000"),
        ({"messages": said("a\u202eb")}, InvisibleCharacter, "message 1 (user) line 1 col 2: U+202E"),
        ({"messages": said("a\U000e0041")}, InvisibleCharacter, "U+E0041"),
        (
            {"messages": said("a\n {{ticket")},
            InvalidTemplate,
            "message 1 (user), line 2 col 2: '{{' is not closed",
        ),
        ({"messages": said("{{u.__class__}}")}, InvalidTemplate, "Only {{name}} is allowed"),
        ({"messages": said("{{x|upper}}")}, InvalidTemplate, "'{{x|upper}}' is not a variable"),
        ({"messages": said("{{tickt}}")}, UndeclaredVariable, "uses 'tickt' (did you mean 'ticket'?)"),
        (
            {"messages": said("{{> gone}}")},
            MissingBlock,
            "message 1 (user) includes 'gone', which is not there",
        ),
        ({"messages": said("é" * 40_000)}, TooLarge, "bytes, limit 65536"),
        ({"messages": said("key AKIAABCDEFGHIJKLMNOP")}, SecretInPrompt, "line 1: AWS access key AKIA****"),
        (
            {"messages": said("\n-----BEGIN RSA PRIVATE KEY-----")},
            SecretInPrompt,
            "line 2: private key ----****",
        ),
        ({"messages": said('password = "hunter2hunter2"')}, SecretInPrompt, "line 1: password pass****"),
        ({"ownr": "x"}, UnknownMetadata, "'ownr' is not a field (did you mean 'owner'?)"),
        ({"owner": ""}, InvalidMetadata, "owner is missing. Add owner to prompt.yaml"),
        ({"owner": False}, InvalidMetadataType, "owner must be text, found 'False'"),
        ({"risk": "medium"}, InvalidMetadata, "risk is 'medium'. Write low or high"),
        ({"thresholds": {"min_score": 80}}, InvalidThreshold, "E_THRESHOLD: min_score 80 is outside 0..1"),
        ({"thresholds": {"min_score": float("nan")}}, InvalidThreshold, "outside 0..1"),
    ],
)
def test_bad_sources_are_refused_with_what_where_and_how(change, error, message):
    world = World()

    with pytest.raises(error) as refused:
        world.publish(**change)

    assert message in str(refused.value)
    assert isinstance(refused.value, BadInput)
    assert not world.registry.records
    assert not world.artifacts.objects


def test_the_secret_itself_is_never_repeated():
    with pytest.raises(SecretInPrompt) as refused:
        World().publish(messages=said("key AKIAABCDEFGHIJKLMNOP"))

    assert "ABCDEFGH" not in str(refused.value)


def test_cases_for_other_variables_are_refused():
    with pytest.raises(InvalidDataset):
        World().publish(dataset=CASE.replace("ticket", "other"))


def test_an_author_who_is_no_address_is_refused():
    with pytest.raises(InvalidMetadata, match="author 'alice' is not an e-mail address"):
        World().publish(authors=("alice",))


def test_single_braces_and_json_examples_are_literal():
    world = World()

    record = world.publish(
        messages=said('Answer like {"severity": "high", "n": {"a": 1}} for {{ticket}}')
    ).record

    assert '{"severity": "high"' in world.artifacts.load(record).messages[0].content
