"""Who writes a pointer past its ledger, and what stops before its pointer: seen, put right, kept for ever."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from promptops.aws.s3_archive import S3Archive
from promptops.contract import names
from promptops.contract.names import DEFAULT_PREFIX, function_name, pointer_parameter
from promptops.domain.ledger import Head, Release
from promptops.domain.people import Actor
from promptops.domain.pointer import Pointer
from tests.e2e.calls import post
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import changed, renamed
from tests.e2e.inside import installation, ledger, pointers
from tests.e2e.reconciling import resting, rules_resting, stream_resting
from tests.e2e.stopping import stopping_before_the_pointer
from tests.unit.aws.recorded_events import parameter_change, stream_record
from tests.waiting import until

PROMPT = "is-tampered-with"
PROMOTE = function_name(DEFAULT_PREFIX, "promote", "dev")
POINTER = pointer_parameter(DEFAULT_PREFIX, "dev", PROMPT)
#: Far less than the schedule's minute, far more than an event takes.
SECONDS_OF_A_HINT = 25
SECONDS_OF_THE_SCHEDULE = 100


@dataclass
class Prompt:
    """One prompt that is live in dev; its folder is what the newest version was published from."""

    aws: LocalAws
    prompt_id: str
    folder: Path
    versions: int = 0

    def release(self) -> Head:
        """The next version, live in dev."""
        self.versions += 1
        changed(self.folder, 500 + self.versions)
        alice = self.aws.person("alice")
        alice.types("publish", str(self.folder))
        name = f"{self.prompt_id}@v{self.versions}"
        alice.types("promote", name, "--to", "dev", "--reason", "better")
        return self.head()

    def head(self) -> Head:
        return ledger(self.aws, "dev").head(self.prompt_id)

    def pointer(self) -> str | None:
        return pointers(self.aws, "dev").read(self.prompt_id)

    def is_right(self) -> bool:
        return self.pointer() == self.head().pointer().to_text()

    def releases(self) -> list[Release]:
        """Oldest first."""
        return [*ledger(self.aws, "dev").releases(self.prompt_id)][::-1]

    def set_by_hand(self, value: str) -> None:
        name = pointer_parameter(DEFAULT_PREFIX, "dev", self.prompt_id)
        self.aws.client("ssm", "erin").put_parameter(Name=name, Value=value, Overwrite=True)

    def drift(self, *, expect: int) -> dict[str, Any]:
        """What `promptops drift` says of it in dev, read by on-call."""
        command = ("drift", self.prompt_id, "--env", "dev", "--folder", str(self.folder.parent))
        found = dict(self.aws.person("carol").types(*command, expect=expect).document)
        return dict(found["error"]["data"]) if expect else found


def a_prompt(aws: LocalAws, folder: Path, prompt_id: str) -> Prompt:
    """v1 and v2 of it released in dev."""
    made = Prompt(aws, prompt_id, renamed(folder, "support-ticket", prompt_id))
    made.release()
    made.release()
    return made


@pytest.fixture(scope="module")
def prompt(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Prompt:
    return a_prompt(aws, tmp_path_factory.mktemp("prompts"), PROMPT)


def reconcile(aws: LocalAws, environment: str = "dev") -> dict[str, Any]:
    """What the schedule sends every minute, sent now."""
    return aws.invoke(function_name(DEFAULT_PREFIX, "promote", environment), {"task": "reconcile"})


def archive(aws: LocalAws) -> S3Archive:
    return S3Archive(installation(aws).artifact_bucket, aws.client("s3"))


def test_the_stream_alone_heals_a_release_that_stopped_before_its_pointer(aws: LocalAws, prompt: Prompt):
    before = prompt.head()
    body = {"prompt_id": PROMPT, "reason": "wrong severities", "op_id": "stops-for-the-stream"}

    with rules_resting(aws, "dev"):
        with stream_resting(aws, "dev"), stopping_before_the_pointer(aws, PROMOTE):
            assert post(aws, "/v1/dev/rollback", body, signed_by="carol").status >= 500
            assert prompt.head().revision == before.revision + 1
            assert prompt.pointer() == before.pointer().to_text()
        until("the stream's repair", prompt.is_right, SECONDS_OF_A_HINT)


def test_the_schedule_alone_makes_a_deleted_pointer_again(aws: LocalAws, prompt: Prompt):
    with stream_resting(aws, "dev"):
        aws.client("ssm", "erin").delete_parameter(Name=POINTER)

        until("the schedule's repair", prompt.is_right, SECONDS_OF_THE_SCHEDULE)


@pytest.mark.parametrize("value", ["v99", Pointer(1, 99, "0" * 64).to_text()], ids=["bare", "forged"])
def test_a_pointer_written_past_the_ledger_is_seen_put_back_and_held_against_its_writer(
    aws: LocalAws, prompt: Prompt, value: str
):
    head = prompt.head()
    with resting(aws, "dev"):
        reconcile(aws)
        prompt.set_by_hand(value)
        writer = pointers(aws, "dev").last_writer(PROMPT)

        seen = prompt.drift(expect=5)
        done = reconcile(aws)
        after = prompt.drift(expect=0)

    (line,) = seen["lines"]
    assert line["pointer"] == value
    assert [note for note in line["drift"] if "pointer" in note]
    assert (done["refused"], done["repaired"], done["errors"]) == ([PROMPT], [], [])
    assert (prompt.head(), prompt.is_right()) == (head, True)
    newest, *_ = ledger(aws, "dev").drifts()
    assert (newest.prompt_id, newest.outcome, newest.writer) == (PROMPT, "refused", writer)
    assert after["lines"][0]["drift"] == []
    assert after["found_before"][0] == {"environment": "dev", **newest.to_dict()}


def test_a_folder_that_changed_is_drift_until_it_is_published(aws: LocalAws, prompt: Prompt):
    changed(prompt.folder, 499)

    (line,) = prompt.drift(expect=5)["lines"]
    prompt.release()

    assert line["drift"] == [f"folder changed since v{prompt.versions - 1}"]
    assert prompt.drift(expect=0)["lines"][0]["git"]["state"] == "published"


def test_events_delivered_thrice_in_any_order_heal_and_a_forged_one_changes_nothing(
    aws: LocalAws, prompt: Prompt
):
    batch = [{"eventSource": "aws:dynamodb"}, stream_record("HEAD", PROMPT), stream_record("HEAD", "nobody")]
    events = [parameter_change(POINTER), {"Records": batch}, parameter_change("/prompt-ops/dev/settings")]
    shuffled = events * 3
    random.Random(7).shuffle(shuffled)
    with resting(aws, "dev"):
        prompt.set_by_hand("v1")

        first = [aws.invoke(PROMOTE, event) for event in shuffled]
        settled = (prompt.head(), prompt.pointer(), len(prompt.releases()))
        again = [aws.invoke(PROMOTE, event) for event in shuffled]

    assert [PROMPT] in [done["adopted"] for done in first]
    assert prompt.releases()[-1].kind == "adopt"
    assert prompt.head().version == 1
    assert prompt.is_right()
    assert (prompt.head(), prompt.pointer(), len(prompt.releases())) == settled
    assert not any(done["adopted"] or done["repaired"] or done["refused"] for done in again)
    assert all(done["errors"] == [] for done in [*first, *again])


def test_a_version_revoked_in_the_highest_environment_leaves_service_in_the_lowest(
    aws: LocalAws, tmp_path: Path
):
    prompt = a_prompt(aws, tmp_path, "is-withdrawn")
    with resting(aws, "dev"):
        body = {"prompt_id": prompt.prompt_id, "version": "v2", "reason": "it insults customers"}
        assert post(aws, "/v1/revoke", body, signed_by="carol").status == 200
        live = prompt.drift(expect=5)

        done = reconcile(aws)

    newest = prompt.releases()[-1]
    assert live["lines"][0]["drift"] == ["v2 is revoked and still live"]
    assert (done["withdrawn"], done["errors"]) == ([prompt.prompt_id], [])
    assert (newest.kind, newest.version) == ("rollback", 1)
    assert isinstance(newest.actor, Actor)
    assert newest.actor.identity.endswith("/carol")
    assert prompt.is_right()

    until("the revocation's copy", lambda: revocation_copy(aws, prompt.prompt_id), SECONDS_OF_THE_SCHEDULE)


def revocation_copy(aws: LocalAws, prompt_id: str) -> object:
    return archive(aws).read(names.archived_revocation_key(prompt_id, 1))


def test_every_release_and_every_freeze_has_its_copy(aws: LocalAws, prompt: Prompt):
    for verb in ("freeze", "unfreeze"):
        said = post(aws, f"/v1/dev/{verb}", {"reason": "a rehearsal"}, signed_by="carol")
        assert said.status == 200, said.document
    with resting(aws, "dev"):
        assert reconcile(aws)["errors"] == []

    copies = archive(aws)
    releases = prompt.releases()
    assert len(releases) >= 4
    for release in releases:
        key = names.archived_release_key("dev", PROMPT, release.revision)
        assert copies.read(key) == {
            "schema": 1,
            "environment": "dev",
            "release": release.to_dict(),
            "approval": None,
        }
    for entry in ledger(aws, "dev").restrictions():
        key = names.archived_freeze_key("dev", entry.sequence)
        assert copies.read(key) == {"schema": 1, "restriction": entry.to_dict()}


def test_a_copy_can_be_changed_by_nobody(aws: LocalAws, prompt: Prompt):
    """What was archived is what an auditor reads, also after promote's own role was stolen."""
    key = names.archived_release_key("dev", PROMPT, 1)
    before = archive(aws).read(key)
    s3 = aws.client_of_role("s3", PROMOTE)
    bucket = installation(aws).artifact_bucket

    for attempt in (
        lambda: s3.put_object(Bucket=bucket, Key=key, Body=b"{}", IfNoneMatch="*"),
        lambda: s3.delete_object(Bucket=bucket, Key=key),
        lambda: s3.put_object(
            Bucket=bucket, Key=names.archived_release_key("prod", PROMPT, 1), Body=b"{}", IfNoneMatch="*"
        ),
    ):
        with pytest.raises(s3.exceptions.ClientError):
            attempt()

    assert before is not None
    assert archive(aws).read(key) == before
