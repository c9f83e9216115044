"""A release that stops between ledger and pointer, and pointers set by hand: the ledger wins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from promptops.aws.s3_reader import S3ArtifactReader
from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.ssm_pointers import SsmPointers
from promptops.contract.names import DEFAULT_PREFIX, function_name, pointer_parameter
from promptops.domain.ledger import Head
from promptops.domain.people import Actor
from promptops.stages.resolve import Resolver
from tests.e2e.calls import post
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import changed, renamed
from tests.e2e.inside import ledger, pointers
from tests.e2e.reconciling import resting
from tests.e2e.stopping import stopping_before_the_pointer
from tests.waiting import until

PROMPT = "stops-midway"
PROMOTE = function_name(DEFAULT_PREFIX, "promote", "dev")
POINTER = pointer_parameter(DEFAULT_PREFIX, "dev", PROMPT)
TICKET = "ticket=Checkout times out for every customer."


@dataclass
class Releases:
    """One prompt in dev: v1 and v2 were released, v3 never; `publish` makes the next version."""

    aws: LocalAws
    folder: Path
    versions: int = 0

    def publish(self) -> str:
        self.versions += 1
        changed(self.folder, 500 + self.versions)
        done = self.aws.person("alice").types("publish", str(self.folder)).document
        assert done["version"] == f"v{self.versions}"
        return f"{PROMPT}@v{self.versions}"

    def promote(self, version: str, *arguments: str) -> dict[str, Any]:
        command = ("promote", version, "--to", "dev", "--reason", "better", *arguments)
        return dict(self.aws.person("alice").types(*command).document)

    def head(self) -> Head:
        return ledger(self.aws, "dev").head(PROMPT)

    def pointer(self) -> str | None:
        return pointers(self.aws, "dev").read(PROMPT)

    def reconcile(self) -> dict[str, Any]:
        """What the schedule sends every minute, sent now."""
        return self.aws.invoke(PROMOTE, {"task": "reconcile"})

    def resolved_anew(self) -> tuple[int, int]:
        """Version and revision that an application gets which has just started."""
        command = ("resolve", PROMPT, "--env", "dev", "--var", TICKET)
        got = self.aws.person("dave").types(*command).document
        return int(got["version"].removeprefix("v")), got["revision"]


@dataclass
class WarmClient:
    """An application that was served before, and asks AWS again for every use: `served` is all it got."""

    aws: LocalAws
    served: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        bucket, s3 = self.aws.instance.outputs["ArtifactBucket"], self.aws.client("s3", "dave")
        self._resolver = Resolver(
            "dev",
            pointers=SsmPointers(DEFAULT_PREFIX, "dev", self.aws.client("ssm", "dave")),
            artifacts=S3ArtifactReader(bucket, s3),
            records=S3ReleaseRecords(bucket, "dev", s3),
            ttl_seconds=0,
        )
        self.use()

    def use(self) -> tuple[int, int]:
        got = self._resolver.resolve(PROMPT)
        self.served.append((got.version, got.revision))
        return self.served[-1]


@pytest.fixture(scope="module")
def releases(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    made = Releases(aws, renamed(tmp_path_factory.mktemp("prompts"), "support-ticket", PROMPT))
    made.promote(made.publish())
    made.promote(made.publish())
    made.publish()
    return made


@pytest.fixture(scope="module", autouse=True)
def only_our_reconciling(aws: LocalAws) -> Iterator[None]:
    """Schedule and accelerators of dev rest, so that what repairs a pointer is what a test asked to."""
    with resting(aws, "dev"):
        yield


@pytest.fixture
def warm(aws: LocalAws, releases: Releases) -> WarmClient:
    return WarmClient(aws)


def test_a_rollback_that_stops_after_its_commit_is_healed_and_never_done_twice(
    aws: LocalAws, releases: Releases, warm: WarmClient
):
    before, operation = releases.head(), "rollback-that-stops"
    body = {"prompt_id": PROMPT, "reason": "wrong severities", "op_id": operation}

    with stopping_before_the_pointer(aws, PROMOTE):
        answer = post(aws, "/v1/dev/rollback", body, signed_by="carol")
        committed = ledger(aws, "dev").release_of_operation(operation)

        assert answer.status >= 500
        assert committed is not None
        assert (committed.revision, committed.from_version) == (before.revision + 1, before.version)
        assert releases.head() == committed.head()
        assert releases.pointer() == before.pointer().to_text()
        assert releases.resolved_anew() == warm.use() == (before.version, before.revision)

    done = releases.reconcile()

    assert (done["repaired"], done["adopted"], done["errors"]) == ([PROMPT], [], [])
    assert releases.pointer() == committed.head().pointer().to_text()
    assert releases.resolved_anew() == warm.use() == (committed.version, committed.revision)

    again = post(aws, "/v1/dev/rollback", body, signed_by="carol")

    assert again.status == 200
    assert again.document["revision"] == committed.revision
    assert releases.head() == committed.head()


def test_a_promotion_that_stops_after_its_commit_is_ended_by_its_own_workflow(
    aws: LocalAws, releases: Releases, warm: WarmClient
):
    before, version = releases.head(), releases.publish()

    with stopping_before_the_pointer(aws, PROMOTE):
        request_id = releases.promote(version, "--no-wait")["request_id"]
        committed = until("the commit", lambda: ledger(aws, "dev").release_of_operation(f"{request_id}/dev"))

        assert releases.pointer() == before.pointer().to_text()
        assert releases.resolved_anew() == warm.use() == (before.version, before.revision)

    ended = aws.person("alice").types("show", "--request", request_id, "--follow").document

    assert ended["outcome"] == "released"
    assert releases.head() == committed.head()
    assert releases.pointer() == committed.head().pointer().to_text()
    assert releases.resolved_anew() == warm.use() == (committed.version, committed.revision)
    repeated = aws.invoke(PROMOTE, {"task": "promote", "request_id": request_id})
    assert repeated["revision"] == releases.head().revision == committed.revision


def test_a_deleted_pointer_is_made_again(aws: LocalAws, releases: Releases, warm: WarmClient):
    head = releases.head()
    aws.client("ssm", "erin").delete_parameter(Name=POINTER)
    warm.use()

    done = releases.reconcile()

    assert (done["repaired"], done["errors"]) == ([PROMPT], [])
    assert releases.pointer() == head.pointer().to_text()
    assert warm.use() == releases.resolved_anew()
    assert set(warm.served) == {(head.version, head.revision)}


@pytest.mark.parametrize(
    "by_hand",
    ["v3", "v99", "latest", "{not a pointer", json.dumps({"schema": 1, "version": "v1"})],
    ids=["never released", "never published", "no version", "no JSON", "half a pointer"],
)
def test_a_pointer_to_what_was_never_released_is_repaired(
    aws: LocalAws, releases: Releases, warm: WarmClient, by_hand: str
):
    head = releases.head()
    set_by_hand(aws, by_hand)
    warm.use()

    done = releases.reconcile()

    assert (done["refused"], done["repaired"], done["adopted"], done["errors"]) == ([PROMPT], [], [], [])
    assert releases.head() == head
    assert releases.pointer() == head.pointer().to_text()
    assert warm.use() == releases.resolved_anew()
    assert set(warm.served) == {(head.version, head.revision)}


def test_a_released_version_set_by_hand_in_an_emergency_becomes_a_release(
    aws: LocalAws, releases: Releases, warm: WarmClient
):
    head = releases.head()
    earlier = 1 if head.version != 1 else 2
    set_by_hand(aws, f"v{earlier}")

    writer = pointers(aws, "dev").last_writer(PROMPT)

    assert warm.use() == (head.version, head.revision)
    done = releases.reconcile()

    adopted = ledger(aws, "dev").releases(PROMPT)[0]
    assert (done["adopted"], done["repaired"], done["errors"]) == ([PROMPT], [], [])
    assert (adopted.kind, adopted.version, adopted.revision) == ("adopt", earlier, head.revision + 1)
    assert adopted.actor == Actor("iam", writer)
    assert releases.pointer() == adopted.head().pointer().to_text()
    assert releases.resolved_anew() == warm.use() == (earlier, adopted.revision)
    assert set(warm.served) == {(head.version, head.revision), (earlier, adopted.revision)}
    assert {name.split("/")[3] for name in alarms(aws)} == {f"v{earlier}"}
    assert releases.reconcile()["repaired"] == []


def set_by_hand(aws: LocalAws, value: str) -> None:
    aws.client("ssm", "erin").put_parameter(Name=POINTER, Value=value, Overwrite=True)


def alarms(aws: LocalAws) -> list[str]:
    found = aws.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{DEFAULT_PREFIX}/dev/{PROMPT}/")
    return [alarm["AlarmName"] for alarm in found["MetricAlarms"]]
