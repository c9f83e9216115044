"""Versions on the deployed stack: many publishers at once, numbers and labels that stay, listings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_archive import S3Archive
from promptops.aws.s3_reader import S3ArtifactReader
from promptops.contract.names import DEFAULT_PREFIX, archived_version_key, artifact_key, function_name
from promptops.domain.version import VersionRecord
from tests.e2e.calls import Said, post
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import changed, renamed
from tests.e2e.inside import installation
from tests.waiting import until

PUBLISHERS = 8
OWNER = "the owner of the listing tests"


def a_source(prompt_id: str, text: str, **more: object) -> dict[str, object]:
    return {
        "prompt_id": prompt_id,
        "owner": "ml-platform",
        "risk": "low",
        "rationale": "to be there",
        "messages": [{"role": "user", "content": text}],
        "model": {"id": "us.anthropic.claude-haiku-4-5-20251001-v1:0", "provider": "bedrock"},
        **more,
    }


def at_once(aws: LocalAws, sources: Sequence[Mapping[str, object]]) -> list[Said]:
    """What the API says to each publisher, in the order of the sources."""
    with ThreadPoolExecutor(len(sources)) as publishers:
        bodies = ({"source": source} for source in sources)
        return [*publishers.map(lambda body: post(aws, "/v1/publish", body, signed_by="alice"), bodies)]


def registry(aws: LocalAws) -> DynamoDbRegistry:
    return DynamoDbRegistry(installation(aws).registry_table, aws.client("dynamodb"))


def text_of(aws: LocalAws, record: VersionRecord) -> str:
    """The text of the one message, verified against the registry's digest."""
    reader = S3ArtifactReader(installation(aws).artifact_bucket, aws.client("s3"))
    return reader.read(record.ref.prompt_id, record.ref.version, record.sha256).messages[0].content


def numbers_in_s3(aws: LocalAws, prompt_id: str) -> set[int]:
    found = aws.client("s3").list_objects_v2(
        Bucket=installation(aws).artifact_bucket, Prefix=artifact_key(prompt_id, "v")[: -len(".json")]
    )
    return {int(re.sub(r".*/v(\d+)\.json", r"\1", item["Key"])) for item in found["Contents"]}


def test_who_publishes_at_once_gets_a_version_of_their_own_with_their_own_bytes(aws: LocalAws):
    texts = [f"what publisher {number} wrote" for number in range(PUBLISHERS)]
    archive = S3Archive(installation(aws).artifact_bucket, aws.client("s3"))
    # Several times: one race may happen to be none.
    for prompt_id in (f"at-once-{letter}" for letter in "abcdef"):
        said = at_once(aws, [a_source(prompt_id, text) for text in texts])

        assert [answer.status for answer in said] == [200] * PUBLISHERS
        given = {int(answer.document["version"][1:]): text for answer, text in zip(said, texts, strict=True)}
        records = {record.ref.version: record for record in registry(aws).versions(prompt_id)}
        assert {version: text_of(aws, record) for version, record in records.items()} == given
        assert len(records) == PUBLISHERS
        # A number without a row is one whose object somebody wrote who then lost the race for it.
        assert numbers_in_s3(aws, prompt_id) == set(range(1, max(records) + 1))
        in_order = sorted(records)
        assert [records[version].parent for version in in_order] == [None, *in_order[:-1]]
        for version, record in records.items():
            assert archive.read(archived_version_key(prompt_id, version)) == record.archived()


def test_the_same_content_published_many_times_at_once_is_one_version(aws: LocalAws):
    said = at_once(aws, [a_source("same-thing", "the same")] * PUBLISHERS)

    assert sorted(answer.document["outcome"] for answer in said) == [
        "published",
        *["unchanged"] * (PUBLISHERS - 1),
    ]
    assert {answer.document["version"] for answer in said} == {"v1"}
    assert len(registry(aws).versions("same-thing")) == 1


def test_one_of_many_publishers_gets_the_label_they_all_want(aws: LocalAws):
    sources = [a_source("one-label", f"text {number}", label="2.2.0") for number in range(PUBLISHERS)]

    said = at_once(aws, sources)

    (winner,) = [answer for answer in said if answer.status == 200]
    assert {answer.code for answer in said if answer is not winner} == {"E_IMMUTABLE"}
    (record,) = registry(aws).versions("one-label")
    assert f"v{record.ref.version}" == winner.document["version"]
    assert registry(aws).labelled("one-label", "2.2.0") == record.ref
    shown = aws.person("bob").types("show", "one-label@2.2.0").document
    assert (shown["ref"], shown["status"]) == (str(record.ref), "published")


def test_a_version_is_published_again_only_as_what_it_is(aws: LocalAws, tmp_path: Path):
    alice = aws.person("alice")
    folder = renamed(tmp_path, "support-ticket", "stays-itself")
    first = alice.types("publish", str(changed(folder, 600)), "--as", "v1").document
    second = alice.types("publish", str(changed(folder, 500)), "--as", "v2").document

    refused = alice.types("publish", str(folder), "--as", "v1", expect=4).document["error"]
    again = alice.types("publish", str(changed(folder, 600)), "--as", "v1").document
    too_far = alice.types("publish", str(folder), "--as", "v9", expect=2).document["error"]

    assert [first["outcome"], second["outcome"], again["outcome"]] == ["published", "published", "unchanged"]
    assert (again["version"], again["sha256"]) == ("v1", first["sha256"])
    assert refused["code"] == "E_IMMUTABLE"
    assert refused["what"] == f"v1 is sha256:{first['sha256'][:12]}…, yours is {second['sha256'][:12]}…"
    assert refused["fix"] == "Publish as v3."
    assert (too_far["code"], too_far["fix"]) == ("E_VERSION", "The next one is v3.")


def test_the_schedule_marks_what_is_archived(aws: LocalAws):
    post(aws, "/v1/publish", {"source": a_source("swept", "a text")}, signed_by="alice")

    def marked() -> bool:
        aws.invoke(function_name(DEFAULT_PREFIX, "publish"), {"task": "archive"})
        family = registry(aws).family("swept")
        return family is not None and family.archived == 1

    until("the mark of the archive", marked)


@pytest.fixture(scope="module")
def listed(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Five prompts of one owner, the first one live in dev; given once the index knows them."""
    ids = [f"listed-{letter}" for letter in "abcde"]
    alice = aws.person("alice")
    folder = renamed(tmp_path_factory.mktemp("listed"), "support-ticket", ids[0])
    metadata = folder / "prompt.yaml"
    text = metadata.read_text(encoding="utf-8").replace("owner: ml-platform", f"owner: {OWNER}")
    metadata.write_text(re.sub(r"tags: .*", "tags: [listed-first]", text), encoding="utf-8")
    alice.types("publish", str(folder))
    alice.types("promote", f"{ids[0]}@v1", "--to", "dev", "--reason", "to be listed")
    for prompt_id in ids[1:]:
        source = a_source(prompt_id, "a text", owner=OWNER, tags=["listed-other"])
        assert post(aws, "/v1/publish", {"source": source}, signed_by="alice").status == 200
    until("the index of owners", lambda: listing(aws, "--owner", OWNER) == ids)
    return ids


def listing(aws: LocalAws, *arguments: str) -> list[str]:
    """Ids of the prompts bob sees."""
    return [prompt["prompt_id"] for prompt in page(aws, *arguments)["prompts"]]


def page(aws: LocalAws, *arguments: str) -> Mapping[str, Any]:
    return aws.person("bob").types("list", *arguments).document


def test_prompts_are_listed_page_by_page(aws: LocalAws, listed: list[str]):
    pages, after = [], ""
    while not pages or after:
        found = page(aws, "--owner", OWNER, "--limit", "2", *(["--after", after] if after else []))
        pages.append([prompt["prompt_id"] for prompt in found["prompts"]])
        after = found["next"]

    assert pages == [listed[:2], listed[2:4], listed[4:]]


def test_prompts_are_found_by_tag_beginning_status_and_environment(aws: LocalAws, listed: list[str]):
    assert listing(aws, "--tag", "listed-other") == listed[1:]
    assert listing(aws, "--family", "listed-") == listed
    assert listing(aws, "--family", "listed-", "--status", "released") == listed[:1]
    assert listing(aws, "--family", "listed-", "--status", "published") == listed[1:]
    (live,) = page(aws, "--family", "listed-", "--env", "dev")["prompts"]
    assert live["environments"] == {"dev": {"version": "v1", "revision": 1, "state": "live"}}
    assert page(aws, "--owner", "nobody") == {"prompts": [], "next": ""}


def test_a_new_version_moves_its_prompt_to_its_new_tags(aws: LocalAws, listed: list[str]):
    source = a_source(listed[-1], "another text", owner=OWNER, tags=["listed-moved"])
    assert post(aws, "/v1/publish", {"source": source}, signed_by="alice").status == 200

    until("the new tag", lambda: listing(aws, "--tag", "listed-moved") == listed[-1:])
    until("the old tag", lambda: listing(aws, "--tag", "listed-other") == listed[1:-1])
