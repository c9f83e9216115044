"""Who did it: the signer, whatever a body, a header or a payload says."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptops.cli.folder import read_folder
from promptops.contract.names import DEFAULT_PREFIX, function_name, pointer_parameter
from tests.e2e.calls import post
from tests.e2e.claims import fields_claiming, headers_claiming, user
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import renamed
from tests.e2e.inside import ledger
from tests.e2e.releases import two_releases, version
from tests.waiting import until

PROMPT = "identity-ticket"
PROMOTE = function_name(DEFAULT_PREFIX, "promote", "dev")
FIELDS, HEADERS = fields_claiming("bob"), headers_claiming("bob")


@pytest.fixture(scope="module")
def prompt(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> str:
    two_releases(aws, tmp_path_factory.mktemp("prompts"), PROMPT)
    return PROMPT


def test_a_version_and_its_release_name_the_signer_whatever_the_call_says(aws: LocalAws, tmp_path: Path):
    folder = renamed(tmp_path, "support-ticket", "identity-claimed")
    source = {**read_folder(folder).body().to_dict(), **FIELDS}
    wish = {"prompt_id": "identity-claimed", "version": "v1", "reason": "really mine", **FIELDS}

    published = post(aws, "/v1/publish", source, signed_by="alice", headers=HEADERS)
    asked = post(aws, "/v1/dev/promote", wish, signed_by="alice", headers=HEADERS)
    release = until("the release", lambda: ledger(aws, "dev").releases("identity-claimed"))[0]

    assert (published.status, asked.status) == (200, 202)
    assert version(aws, "identity-claimed", 1).published_by == user("alice")
    assert (release.actor, release.reason) == (user("alice"), "really mine")
    assert ledger(aws, "dev").request(asked.document["request_id"]).actor == user("alice")


@pytest.mark.parametrize(("fields", "headers"), [(FIELDS, {}), ({}, HEADERS)], ids=["body", "headers"])
def test_a_rollback_names_the_signer_whatever_the_call_says(
    aws: LocalAws, prompt: str, fields: dict[str, object], headers: dict[str, str]
):
    live = ledger(aws, "dev").head(prompt).version
    wish = {"prompt_id": prompt, "reason": "worse answers", "to_version": f"v{3 - live}", **fields}

    done = post(aws, "/v1/dev/rollback", wish, signed_by="carol", headers=headers)

    newest = ledger(aws, "dev").releases(prompt)[0]
    assert done.status == 200
    assert (newest.kind, newest.version, newest.actor) == ("rollback", 3 - live, user("carol"))


def test_a_pointer_typed_by_hand_is_adopted_in_the_name_that_parameter_store_gives(
    aws: LocalAws, prompt: str
):
    typed = 3 - ledger(aws, "dev").head(prompt).version
    name = pointer_parameter(DEFAULT_PREFIX, "dev", prompt)

    aws.client("ssm", "erin").put_parameter(Name=name, Value=f"v{typed}", Overwrite=True)
    history = aws.client("ssm").get_parameter_history(Name=name)["Parameters"]
    aws.invoke(PROMOTE, {"task": "reconcile", **FIELDS})

    adopted = ledger(aws, "dev").releases(prompt)[0]
    assert (adopted.kind, adopted.version) == ("adopt", typed)
    assert adopted.actor.identity == next(
        entry["LastModifiedUser"] for entry in history if entry["Value"] == f"v{typed}"
    )


def test_a_task_again_with_another_actor_in_its_payload_changes_no_release(aws: LocalAws, prompt: str):
    before = ledger(aws, "dev").releases(prompt)
    first = next(release for release in before if release.revision == 1)
    task = {"task": "promote", "request_id": first.request_id, **FIELDS}

    answer = aws.invoke(PROMOTE, task)

    assert (answer["revision"], first.actor) == (1, user("alice"))
    assert ledger(aws, "dev").releases(prompt) == before
