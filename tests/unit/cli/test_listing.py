"""list, and what show says of statuses and labels: what people and scripts read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptops.domain.identifiers import PromptRef
from promptops.domain.restriction import next_restriction
from promptops.domain.version import VersionRecord
from tests.unit.cli.stack import Stack
from tests.unit.release_world import ALICE, MODEL


def published(stack: Stack, prompt_id: str, version: int = 1, **changes: Any) -> VersionRecord:
    record = replace(stack.world.publish(version, prompt_id=prompt_id), **changes)
    stack.world.registry.rows[record.ref] = record
    return record


def released(
    stack: Stack, prompt_id: str, version: int = 1, *, to: str = "dev", **changes: Any
) -> VersionRecord:
    record = published(stack, prompt_id, version, **changes)
    stack.world.release(record, to=to)
    return record


def revoke(stack: Stack, ref: PromptRef, reason: str = "it insults customers") -> None:
    last = next(iter(stack.world.registry.restrictions(ref.prompt_id)), None)
    entry = next_restriction(
        ref.prompt_id, last, kind="revoke", actor=ALICE, reason=reason, at="now", version=ref.version
    )
    stack.world.registry.restrict(entry)


def ids(stack: Stack, *arguments: str) -> list[str]:
    return [prompt["prompt_id"] for prompt in stack.document("list", *arguments)["prompts"]]


def rows(stack: Stack, *arguments: str) -> list[list[str]]:
    """The cells of the table people see, its heads first."""
    return [line.split() for line in stack.run("list", *arguments).stdout.splitlines()]


def test_each_prompt_is_one_line_with_what_is_newest_and_what_is_live(stack: Stack):
    released(stack, "support-ticket", 1, to="staging")
    published(stack, "support-ticket", 2, label="2.0.0-rc1", tags=("support", "triage"))
    published(stack, "billing", 1, owner="finance")

    assert rows(stack) == [
        ["PROMPT", "NEWEST", "LABEL", "STATUS", "RISK", "OWNER", "DEV", "STAGING", "PROD", "TAGS"],
        ["billing", "v1", "published", "low", "finance", "-", "-", "-"],
        [
            "support-ticket",
            "v2",
            "2.0.0-rc1",
            "published",
            "low",
            "team",
            "v1",
            "v1",
            "-",
            "support,",
            "triage",
        ],
    ]


def test_scripts_get_the_same_and_where_the_list_goes_on(stack: Stack):
    released(stack, "support-ticket", 1, label="2.0.0", tags=("support",))

    assert stack.document("list") == {
        "prompts": [
            {
                "prompt_id": "support-ticket",
                "version": "v1",
                "label": "2.0.0",
                "status": "released",
                "owner": "team",
                "risk": "low",
                "tags": ["support"],
                "description": "",
                "model": MODEL,
                "environments": {"dev": {"version": "v1", "revision": 1, "state": "live"}},
            }
        ],
        "next": "",
    }


def test_every_page_goes_on_where_the_one_before_ended(stack: Stack):
    every = [f"prompt-{number}" for number in range(7)]
    for prompt_id in every:
        published(stack, prompt_id)

    seen, after = [], ""
    while True:
        page = stack.document("list", "--limit", "3", *(["--after", after] if after else []))
        seen.append([prompt["prompt_id"] for prompt in page["prompts"]])
        after = page["next"]
        if not after:
            break

    assert seen == [every[:3], every[3:6], every[6:]]


def test_people_are_told_how_to_see_more(stack: Stack):
    for prompt_id in ("aa", "bb"):
        published(stack, prompt_id)

    assert stack.run("list", "--limit", "1").stderr == "There are more: add --after aa\n"
    assert stack.run("list", "--limit", "2").stderr == ""


def test_filters_fill_the_page_by_reading_on(stack: Stack):
    for number in range(12):
        published(stack, f"prompt-{number:02}", model="rare" if number % 5 == 4 else MODEL)

    page = stack.document("list", "--model", "rare", "--limit", "2")

    assert [prompt["prompt_id"] for prompt in page["prompts"]] == ["prompt-04", "prompt-09"]
    assert page["next"] == ""


def test_prompts_are_found_by_owner_tag_beginning_model_and_block(stack: Stack):
    published(stack, "support-ticket", owner="support", tags=("a", "b"), blocks={"tone": "ab12" * 16})
    published(stack, "support-reply", owner="support", tags=("b",), model="another")
    published(stack, "billing", owner="finance", tags=("a",), blocks={"tone": "cd34" * 16})

    assert ids(stack, "--owner", "support") == ["support-reply", "support-ticket"]
    assert ids(stack, "--tag", "a") == ["billing", "support-ticket"]
    assert ids(stack, "--owner", "support", "--tag", "a") == ["support-ticket"]
    assert ids(stack, "--family", "support-") == ["support-reply", "support-ticket"]
    assert ids(stack, "--model", "another") == ["support-reply"]
    assert ids(stack, "--block", "tone") == ["billing", "support-ticket"]
    assert ids(stack, "--block", "tone@ab12") == ["support-ticket"]
    assert ids(stack, "--block", "tone", "--model", "another") == []


def test_a_prompt_is_found_by_the_status_of_its_newest_version(stack: Stack):
    published(stack, "new")
    stack.world.evaluate(published(stack, "good"))
    stack.world.evaluate(published(stack, "bad"), score=0.1)
    released(stack, "live")
    revoke(stack, published(stack, "forbidden").ref)

    found = {status: ids(stack, "--status", status) for status in
             ("published", "evaluated", "failed", "released", "revoked")}  # fmt: skip

    assert found == {
        "published": ["new"],
        "evaluated": ["good"],
        "failed": ["bad"],
        "released": ["live"],
        "revoked": ["forbidden"],
    }


def test_a_version_that_was_rolled_back_stays_released(stack: Stack):
    released(stack, "support-ticket", 1)
    released(stack, "support-ticket", 2)
    stack.world.roll_back()

    (prompt,) = stack.document("list")["prompts"]

    assert (prompt["version"], prompt["status"]) == ("v2", "released")
    assert prompt["environments"]["dev"]["version"] == "v1"


def test_with_an_environment_only_what_was_released_there_is_listed_with_state_and_revision(stack: Stack):
    released(stack, "support-ticket", 1, to="staging")
    released(stack, "support-ticket", 2, to="dev")
    released(stack, "billing", 1, to="dev")

    assert rows(stack, "--env", "staging") == [
        ["PROMPT", "VERSION", "STATE", "REVISION", "NEWEST", "LABEL", "STATUS", "RISK", "OWNER", "TAGS"],
        ["support-ticket", "v1", "live", "1", "v2", "released", "low", "team"],
    ]
    assert ids(stack, "--env", "dev") == ["billing", "support-ticket"]
    assert ids(stack, "--env", "prod") == []


def test_with_an_environment_the_model_is_that_of_the_version_there(stack: Stack):
    released(stack, "support-ticket", 1)
    published(stack, "support-ticket", 2, model="another")

    assert ids(stack, "--env", "dev", "--model", MODEL) == ["support-ticket"]
    assert ids(stack, "--env", "dev", "--model", "another") == []
    assert ids(stack, "--model", "another") == ["support-ticket"]


def test_what_is_served_no_longer_says_so(stack: Stack):
    record = released(stack, "support-ticket", 1)
    ledger = stack.world.ledgers["dev"]
    last = ledger.history["support-ticket"][-1]
    ledger.history["support-ticket"].append(replace(last, revision=2, kind="retire"))

    assert "retired (v1)" in stack.run("list").stdout
    assert stack.document("list", "--env", "dev")["prompts"][0]["environments"]["dev"]["state"] == "retired"
    shown = stack.document("show", "support-ticket")
    assert (shown["live"], shown["environments"]["dev"]["state"]) == ({}, "retired")
    named = stack.run("show", "support-ticket", "--env", "dev")
    assert named.exit_code == 0
    assert named.stderr.startswith("support-ticket is retired in dev; this is the version it served before.")
    assert str(record.ref) in named.stdout


def test_an_empty_list_says_so(stack: Stack):
    assert stack.run("list").stdout == "No prompt is published yet.\n"
    published(stack, "support-ticket")
    assert stack.run("list", "--owner", "nobody").stdout == "No prompt fits.\n"
    assert stack.run("list", "--owner", "nobody").exit_code == 0
    assert stack.document("list", "--owner", "nobody") == {"prompts": [], "next": ""}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--status", "live"),
            "E_USAGE: unknown status 'live'. Known: published, evaluated, failed, released",
        ),
        (("--env", "production"), "E_ENV: unknown environment 'production'. Known: dev, staging, prod."),
        (("--after", "../prod"), "E_ID: '../prod' is not a prompt id"),
        (("--block", "tone@xyz"), "E_USAGE: --block 'tone@xyz' names no block"),
        (("--limit", "0"), "E_USAGE: "),
        (("--limit", "1001"), "E_USAGE: "),
    ],
)
def test_what_cannot_be_listed_is_an_error_that_says_what_can(
    stack: Stack, arguments: tuple[str, ...], message: str
):
    result = stack.run("list", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr


def test_show_finds_a_version_by_its_label(stack: Stack):
    published(stack, "support-ticket", 1, label="2.2.0-rc1")
    published(stack, "support-ticket", 2, label="2.2.0")

    document = stack.document("show", "support-ticket@2.2.0-rc1")

    assert (document["ref"], document["label"]) == ("support-ticket@v1", "2.2.0-rc1")
    assert (document["status"], document["may_become"]) == ("published", ["evaluated", "failed", "revoked"])
    assert "2.2.0-rc1" in stack.run("show", "support-ticket").stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("support-ticket@2.2.1", "E_VERSION_UNKNOWN: '2.2.1' is no label of support-ticket"),
        ("support-ticket@2.2", "E_LABEL: label '2.2' is no semantic version"),
        ("support-ticket@12", "E_VERSION: '12' is not a version"),
        ("Support@2.2.0", "E_ID: "),
    ],
)
def test_show_says_which_part_of_a_name_is_wrong(stack: Stack, name: str, message: str):
    published(stack, "support-ticket", 1, label="2.2.0")

    result = stack.run("show", name)

    assert result.exit_code == 2
    assert message in result.stderr


def test_show_says_where_each_version_stands(stack: Stack):
    released(stack, "support-ticket", 1)
    stack.world.evaluate(published(stack, "support-ticket", 2), score=0.1)
    revoke(stack, published(stack, "support-ticket", 3).ref)

    versions = stack.document("show", "support-ticket")["versions"]

    assert [version["status"] for version in versions] == ["revoked", "failed", "released"]
    assert stack.document("show", "support-ticket@v1")["status"] == "released"
