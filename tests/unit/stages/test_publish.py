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
    Immutable,
    InvalidDataset,
    InvalidLabel,
    InvalidMetadata,
    InvalidMetadataType,
    InvalidPromptId,
    InvalidTemplate,
    InvalidThreshold,
    InvalidVersion,
    InvisibleCharacter,
    MissingBlock,
    ReservedPromptId,
    SecretInPrompt,
    Throttled,
    TooLarge,
    UndeclaredVariable,
    UnknownMetadata,
)
from promptops.domain.identifiers import PromptRef
from promptops.domain.people import Actor
from promptops.domain.source import PromptSource
from promptops.domain.version import Dataset
from promptops.stages.publish import Published, publish
from promptops.stages.sweep import sweep
from tests.unit.fakes import FakeArchive, FakeArtifacts, FakeClock, FakeDatasets, FakeRegistry

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
        self.archive = FakeArchive()
        self.clock = FakeClock()

    def publish(
        self, cases: str = CASE, authors: tuple[str, ...] = (), pinned: str = "", **changes: Any
    ) -> Published:
        return publish(
            PromptSource.from_dict({**SOURCE, **changes}),
            cases,
            ALICE,
            authors,
            "abc123",
            pinned=pinned,
            registry=self.registry,
            artifacts=self.artifacts,
            datasets=self.datasets,
            archive=self.archive,
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

    assert (again.outcome, again.record.ref.version, len(world.registry.rows)) == ("unchanged", 1, 1)


def test_sensitive_cases_are_published_by_their_digest_unseen():
    world = World()
    digest = "a" * 64

    record = world.publish("", dataset={"sha256": digest, "cases": 7, "sensitive": True}).record

    assert record.dataset == Dataset(f"datasets/{digest}.jsonl", digest, 7, sensitive=True)
    assert world.datasets.objects == {}


def test_the_same_cases_made_sensitive_are_another_version():
    world = World()
    beside = world.publish().record

    named = {"sha256": beside.dataset.sha256, "cases": 1, "sensitive": True}
    moved = world.publish("", dataset=named)

    assert (moved.outcome, moved.record.ref.version, moved.record.dataset.sensitive) == ("published", 2, True)


def test_a_floor_no_case_can_reach_is_refused():
    world = World()

    with pytest.raises(InvalidThreshold, match=r"thresholds.metrics has 'fromat'"):
        world.publish(thresholds={"metrics": {"fromat": 0.9}})

    assert world.datasets.objects == {}


def test_a_custom_grader_is_no_part_of_a_version():
    case = CASE.replace('"is-json"', '"python", "value": "file://grade.py"')

    with pytest.raises(InvalidDataset, match="python runs in `promptops evaluate FOLDER` only"):
        World().publish(case)


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

    assert world.publish(cases=CASE.replace("one", "two")).record.ref.version == 2


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
        assert plain_commit(other, after=None)
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


def test_a_label_is_kept_with_its_version_and_found_by_it():
    world = World()

    record = world.publish(label="2.2.0-rc1").record

    assert record.label == "2.2.0-rc1"
    assert world.registry.labelled("support-ticket", "2.2.0-rc1") == record.ref
    assert world.publish(label="2.2.0-rc1").outcome == "unchanged"


def test_a_source_without_a_label_is_the_one_it_was_before_there_were_labels():
    assert "label" not in PromptSource.from_dict(SOURCE).to_dict()
    assert PromptSource.from_dict({**SOURCE, "label": ""}) == PromptSource.from_dict(SOURCE)


def test_a_label_that_names_another_version_is_refused_before_a_number_is_taken():
    world = World()
    first = world.publish(label="2.2.0").record

    with pytest.raises(Immutable, match=rf"label 2\.2\.0 is v1 \(sha256:{first.sha256[:12]}…\), yours is "):
        world.publish(messages=said("{{ticket}}!"), label="2.2.0")
    with pytest.raises(Immutable, match="with the same bytes as yours"):
        world.publish(rationale="again", label="2.2.0")

    assert list(world.artifacts.objects) == [first.ref]


def test_a_label_lost_to_another_at_the_last_moment_is_refused():
    world = World()
    world.publish(label="2.2.0")
    world.registry.labelled = lambda prompt_id, label: None

    def taken(record, *, after):
        raise Immutable("label 2.2.0 is v1")

    world.registry.commit = taken

    with pytest.raises(Immutable, match="label 2\\.2\\.0 is v1"):
        world.publish(rationale="again", label="2.2.0")


def test_a_wanted_number_that_is_the_next_is_taken():
    world = World()
    world.publish(pinned="v1")

    published = world.publish(messages=said("b"), pinned="v2")

    assert (published.outcome, published.record.ref.version) == ("published", 2)


def test_the_same_source_as_the_version_it_is_already_is_unchanged_however_old_that_is():
    world = World()
    world.publish()
    world.publish(messages=said("b"))

    again = world.publish(pinned="v1")

    assert (again.outcome, again.record.ref.version, len(world.registry.rows)) == ("unchanged", 1, 2)


def test_the_newest_source_under_the_next_number_is_another_version():
    world = World()
    world.publish()

    assert world.publish(pinned="v2").record.ref.version == 2


def test_a_version_never_becomes_another():
    world = World()
    first = world.publish().record
    world.publish(messages=said("b"))

    with pytest.raises(Immutable) as refused:
        world.publish(messages=said("c"), pinned="v1")
    with pytest.raises(Immutable, match="v1 has these bytes, with other cases or metadata than yours"):
        world.publish(rationale="again", pinned="v1")

    assert refused.value.what.startswith(f"v1 is sha256:{first.sha256[:12]}…, yours is ")
    assert refused.value.fix == "Publish as v3."
    assert world.registry.version(first.ref) == first
    assert len(world.artifacts.objects) == 2


@pytest.mark.parametrize("versions", [0, 1])
def test_a_number_that_is_not_the_next_is_refused_with_the_one_that_is(versions):
    world = World()
    for _ in range(versions):
        world.publish()

    with pytest.raises(InvalidVersion, match=rf"v9 is not the next .*\. The next one is v{versions + 1}\."):
        world.publish(messages=said("b"), pinned="v9")
    with pytest.raises(InvalidVersion, match="'9' is not a version"):
        world.publish(pinned="9")

    assert len(world.artifacts.objects) == versions


def test_a_burnt_number_is_nobodys():
    world = World()
    world.artifacts.objects[PromptRef("support-ticket", 1)] = b"other bytes"

    with pytest.raises(Immutable, match="v1 holds other bytes, of a publish that did not end"):
        world.publish(pinned="v1")
    assert world.publish().record.ref.version == 2
    with pytest.raises(Immutable, match="v1 is a number that no version has, and none will"):
        world.publish(pinned="v1")


def test_a_wanted_number_lost_to_another_is_refused():
    world = World()
    plain_commit = world.registry.commit

    def commit_after_another(record, *, after):
        world.registry.commit = plain_commit
        assert plain_commit(replace(record, source_sha256="other", sha256="other"), after=None)
        return plain_commit(record, after=after)

    world.registry.commit = commit_after_another

    with pytest.raises(Immutable, match="v1 is sha256:other…, yours is"):
        world.publish(pinned="v1")


def test_a_version_is_archived_as_it_is_registered():
    world = World()

    record = world.publish(label="1.0.0").record

    assert world.archive.objects == {
        "archive/registry/support-ticket/versions/v1.json": {"schema": 1, "version": record.to_dict()}
    }


class Died(BaseException):
    """The process is gone: nothing catches this."""


@pytest.mark.parametrize("after", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("part", ["datasets.store", "artifacts.create", "registry.commit", "archive.keep"])
def test_publishing_again_goes_on_wherever_it_died(part, after):
    world = World()
    owner, name = part.split(".")
    fake = getattr(world, owner)
    step = getattr(fake, name)

    def die(*arguments: Any, **named: Any) -> None:
        if after:
            step(*arguments, **named)
        raise Died

    setattr(fake, name, die)
    with pytest.raises(Died):
        world.publish(label="1.0.0")
    setattr(fake, name, step)

    again = world.publish(label="1.0.0")
    sweep(registry=world.registry, archive=world.archive)

    committed = owner == "archive" or (part == "registry.commit" and after)
    assert again.outcome == ("unchanged" if committed else "published")
    assert [record.ref.version for record in world.registry.versions("support-ticket")] == [1]
    assert world.artifacts.load(again.record).to_bytes() == world.artifacts.objects[again.record.ref]
    assert list(world.archive.objects.values()) == [{"schema": 1, "version": again.record.to_dict()}]


@pytest.mark.parametrize("error", [Throttled("slow down"), RuntimeError("anything")])
def test_an_archive_that_is_down_fails_no_publish(error, caplog):
    world = World()
    plain_keep = world.archive.keep

    def keep(key, document):
        raise error

    world.archive.keep = keep
    published = world.publish()
    world.archive.keep = plain_keep

    assert (published.outcome, world.archive.objects) == ("published", {})
    assert "The copy of support-ticket@v1 is left to the next sweep" in caplog.text
    assert sweep(registry=world.registry, archive=world.archive).copied == 1


def test_blocks_are_inlined_and_pinned():
    world = World()

    record = world.publish(
        cases="",
        messages=said("Be kind.\n{{> tone}}\nBye."),
        blocks={"tone": "Say please.\n"},
        variables={},
    ).record

    artifact = world.artifacts.load(record)
    assert artifact.messages[0].content == "Be kind.\nSay please.\nBye."
    assert list(artifact.blocks) == ["tone"]
    assert record.blocks == artifact.blocks


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
        ({"owner": " ml-platform"}, InvalidMetadata, "owner is ' ml-platform'. Write one line"),
        ({"owner": "a" * 129}, InvalidMetadata, "owner has 129 characters, limit 128"),
        ({"tags": ["a", "a"]}, InvalidMetadata, "tags holds 'a' twice"),
        ({"tags": [""]}, InvalidMetadata, "a tag is ''"),
        ({"tags": ["a\nb"]}, InvalidMetadata, "a tag is 'a"),
        ({"tags": ["a" * 65]}, InvalidMetadata, "a tag has 65 characters, limit 64"),
        ({"tags": [f"t{number}" for number in range(21)]}, InvalidMetadata, "there are 21 tags, limit 20"),
        ({"label": "v2.2.0"}, InvalidLabel, "E_LABEL: label 'v2.2.0' is no semantic version: it begins with"),
        ({"label": 2.2}, InvalidMetadataType, "label must be text, found '2.2'"),
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
    assert not world.registry.rows
    assert not world.artifacts.objects


def test_the_secret_itself_is_never_repeated():
    with pytest.raises(SecretInPrompt) as refused:
        World().publish(messages=said("key AKIAABCDEFGHIJKLMNOP"))

    assert "ABCDEFGH" not in str(refused.value)


def test_cases_for_other_variables_are_refused():
    with pytest.raises(InvalidDataset):
        World().publish(cases=CASE.replace("ticket", "other"))


def test_an_author_who_is_no_address_is_refused():
    with pytest.raises(InvalidMetadata, match="author 'alice' is not an e-mail address"):
        World().publish(authors=("alice",))


def test_single_braces_and_json_examples_are_literal():
    world = World()

    record = world.publish(
        messages=said('Answer like {"severity": "high", "n": {"a": 1}} for {{ticket}}')
    ).record

    assert '{"severity": "high"' in world.artifacts.load(record).messages[0].content
