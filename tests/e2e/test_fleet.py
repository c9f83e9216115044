"""What on call types, on the deployed AWS: fleets, changes, freezes, drills, revocations, diffs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.local.demo.people import Typed
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import changed, renamed
from tests.e2e.inside import installation, ledger

BASE = "anthropic.claude-haiku-4-5-20251001-v1:0"
PROFILE = f"us.{BASE}"
#: What each runs on, version by version: one can leave the profile, the other never was elsewhere.
FLEET: dict[str, Sequence[str]] = {"fleet-leaves": (BASE, PROFILE), "fleet-stays": (PROFILE, PROFILE)}
BLOCK = "fleet-only-here"


@pytest.fixture(scope="module")
def fleet(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two prompts with two releases in staging; the second versions include a block that nobody else has."""
    folders = {}
    for prompt_id, models in FLEET.items():
        parent = tmp_path_factory.mktemp(prompt_id)
        folder = folders[prompt_id] = renamed(parent, "support-ticket", prompt_id)
        (parent / "_blocks" / f"{BLOCK}.md").write_text("Be brief.\n", encoding="utf-8")
        for number, model in enumerate(models, start=1):
            rewrite(folder / "prompt.yaml", f"id: {PROFILE}", f"id: {model}")
            if number == 2:
                rewrite(folder / "system.md", "", f"{{{{> {BLOCK}}}}}\n")
            release(aws, changed(folder, 500 + number), f"{prompt_id}@v{number}", to="staging")
            rewrite(folder / "prompt.yaml", f"id: {model}", f"id: {PROFILE}")
    return folders


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(old, new) if old else new + text, encoding="utf-8")


def release(aws: LocalAws, folder: Path, version: str, *, to: str) -> None:
    alice = aws.person("alice")
    assert alice.types("publish", str(folder)).document["version"] == version.partition("@")[2]
    alice.types("promote", version, "--to", to, "--reason", "better")


def carol(aws: LocalAws, *arguments: str, expect: int = 0) -> Typed:
    return aws.person("carol").types(*arguments, expect=expect)


def live(aws: LocalAws, prompt_id: str, environment: str = "dev") -> int:
    return ledger(aws, environment).head(prompt_id).version


def moves(document: Any) -> dict[str, tuple[int, int | None]]:
    return {move["prompt_id"]: (move["from_version"], move["to_version"]) for move in document["moves"]}


def test_a_block_is_rolled_back_wherever_it_is_and_not_before_yes(aws: LocalAws, fleet: dict[str, Path]):
    arguments = ("rollback", "--env", "dev", "--block", BLOCK, "--reason", "it is too brief")

    preview = carol(aws, *arguments).document

    assert moves(preview) == dict.fromkeys(FLEET, (2, 1))
    assert [live(aws, prompt_id) for prompt_id in FLEET] == [2, 2]

    done = carol(aws, *arguments, "--yes").document
    again = carol(aws, *arguments, "--yes").document

    assert [(move["exit_code"], move["done"]["version"]) for move in done["moves"]] == [(0, 1), (0, 1)]
    assert [live(aws, prompt_id) for prompt_id in FLEET] == [1, 1]
    assert again["moves"] == []
    rows = [ledger(aws, "dev").releases(prompt_id)[0] for prompt_id in FLEET]
    assert {(row.kind, row.reason, str(row.actor)) for row in rows} == {
        ("rollback", "it is too brief", "carol")
    }
    assert len({row.op_id for row in rows}) == 2


def test_a_model_is_left_by_all_that_can_and_the_others_are_told(aws: LocalAws, fleet: dict[str, Path]):
    arguments = ("rollback", "--env", "staging", "--model", PROFILE, "--reason", "end of life")
    mine = {"fleet-leaves": (2, 1), "fleet-stays": (2, None)}

    preview = moves(carol(aws, *arguments).document)
    assert {prompt_id: preview[prompt_id] for prompt_id in FLEET} == mine

    done = carol(aws, *arguments, "--yes", expect=4).document

    outcomes = {move["prompt_id"]: move for move in done["moves"]}
    assert outcomes["fleet-leaves"]["done"]["version"] == 1
    assert outcomes["fleet-stays"]["error"]["code"] == "E_NO_PREVIOUS"
    assert outcomes["fleet-stays"]["why"] == "v1 uses it too"
    assert (live(aws, "fleet-leaves", "staging"), live(aws, "fleet-stays", "staging")) == (1, 2)
    assert "fleet-leaves" not in moves(carol(aws, *arguments).document)


def test_a_rollback_from_what_is_live_no_longer_changes_nothing(aws: LocalAws, fleet: dict[str, Path]):
    carol(aws, "rollback", "fleet-stays", "--env", "dev", "--to", "v2", "--reason", "back to the newer one")
    before = ledger(aws, "dev").head("fleet-stays")

    stale = carol(
        aws, "rollback", "fleet-stays", "--env", "dev", "--from", "v1", "--reason", "too late", expect=5
    )

    assert stale.document["error"]["code"] == "E_CONFLICT"
    assert "v2 by " in stale.document["error"]["what"]
    assert ledger(aws, "dev").head("fleet-stays") == before


def test_a_freeze_refuses_promotions_with_its_reason_until_it_is_lifted(
    aws: LocalAws, fleet: dict[str, Path]
):
    alice, folder = aws.person("alice"), changed(fleet["fleet-leaves"], 700)
    version = alice.types("publish", str(folder)).document["version"]
    promote = ("promote", f"fleet-leaves@{version}", "--to", "dev", "--reason", "better")

    frozen = carol(aws, "freeze", "--env", "dev", "--reason", "incident 4711").document
    try:
        refused = alice.types(*promote, expect=4).document["error"]
        checks = {check["check"]: check for check in alice.types("doctor").document["checks"]}
    finally:
        carol(aws, "unfreeze", "--env", "dev", "--reason", "it is over")

    assert (frozen["kind"], frozen["scope"]) == ("freeze", "dev")
    assert refused["code"] == "E_FROZEN"
    assert "incident 4711" in refused["what"]
    assert checks["freezes"]["text"] == "dev is frozen: incident 4711"
    alice.types(*promote)


def test_a_drill_prints_its_times_and_files_its_evidence(aws: LocalAws, fleet: dict[str, Path]):
    before = ledger(aws, "staging").head("fleet-stays")
    drill = ("rollback", "fleet-stays", "--drill", "--reason", "drill of March")

    done = carol(aws, *drill, "--env", "staging").document
    refused = carol(aws, *drill, "--env", "prod", expect=4).document["error"]

    assert (done["version"], done["other_version"]) == (2, 1)
    assert done["revisions"] == [before.revision + 1, before.revision + 2]
    assert 0 < done["back_seconds"] < 30
    assert 0 < done["forth_seconds"] < 30
    assert aws.client("s3").head_object(Bucket=installation(aws).artifact_bucket, Key=done["evidence_key"])
    assert refused["code"] == "E_DRILL"


def test_a_revoked_version_is_followed_out_of_every_environment(aws: LocalAws, fleet: dict[str, Path]):
    for version in ("fleet-stays@v1", "fleet-stays@v2"):
        aws.person("alice").types("promote", version, "--to", "dev", "--reason", "so that it is live")
    assert (live(aws, "fleet-stays"), live(aws, "fleet-stays", "staging")) == (2, 2)

    revoked = carol(aws, "revoke", "fleet-stays@v2", "--reason", "it insults customers")

    assert revoked.document["still_live"] == []
    left = {left["environment"]: (left["version"], left["state"]) for left in revoked.document["left"]}
    assert left == {"dev": ("v1", "live"), "staging": ("v1", "live")}
    assert (live(aws, "fleet-stays"), live(aws, "fleet-stays", "staging")) == (1, 1)
    carol(aws, "rollback", "fleet-stays", "--env", "dev", "--to", "v2", "--reason", "please", expect=4)
    carol(aws, "unrevoke", "fleet-stays@v2", "--reason", "it did not")
    assert live(aws, "fleet-stays") == 1


def test_a_retired_prompt_comes_back_by_a_rollback(aws: LocalAws, fleet: dict[str, Path]):
    version = live(aws, "fleet-leaves")

    retired = carol(aws, "retire", "fleet-leaves", "--env", "dev", "--reason", "replaced").document
    gone = aws.person("alice").types("diff", "fleet-leaves", "--env", "dev", "--env", "staging", expect=2)
    back = carol(aws, "rollback", "fleet-leaves", "--env", "dev", "--reason", "still in use").document

    assert (retired["kind"], retired["projected"]) == ("retire", True)
    assert gone.document["error"]["code"] == "E_NOT_RELEASED"
    assert (back["version"], back["kind"]) == (version, "rollback")


def test_a_diff_shows_what_the_second_version_brought(aws: LocalAws, fleet: dict[str, Path]):
    alice = aws.person("alice")

    found = alice.types("diff", "fleet-leaves@v2").document
    differs = alice.types("diff", "fleet-leaves@v1", "fleet-leaves@v2", "--exit-code", expect=5).document
    same = alice.types("diff", "fleet-leaves@v1", "fleet-leaves@v1", "--exit-code").document

    facts = {item["name"]: (item["before"], item["after"]) for item in found["settings"]}
    assert found["before"]["name"] == "fleet-leaves@v1"
    assert facts["model"] == (BASE, PROFILE)
    assert facts["parameter max_tokens"] == ("501", "502")
    assert f"block {BLOCK}" in facts
    assert "+Be brief." in [line for message in found["messages"] for line in message["diff"]]
    assert (differs["identical"], same["identical"]) == (False, True)


def test_changes_list_what_on_call_did(aws: LocalAws, fleet: dict[str, Path]):
    carol(aws, "freeze", "--env", "prod", "--reason", "listed")
    carol(aws, "unfreeze", "--env", "prod", "--reason", "listed")
    carol(aws, "rollback", "fleet-stays", "--env", "dev", "--to", "v1", "--reason", "listed")

    prod = carol(aws, "changes", "--since", "1h", "--env", "prod").document["changes"]
    dev = [
        item
        for item in carol(aws, "changes", "--env", "dev").document["changes"]
        if item["prompt_id"] == "fleet-stays" and item["kind"] == "promote"
    ]

    assert [(item["kind"], item["by"], item["why"]) for item in prod if item["environment"]][:2] == [
        ("unfreeze", "carol", "listed"),
        ("freeze", "carol", "listed"),
    ]
    assert [(item["from_version"], item["to"]) for item in dev][-2:] == [("v1", "v2"), ("", "v1")]
    quiet = carol(aws, "changes", "--since", "1s", "--env", "prod").document
    assert quiet["changes"] == []
