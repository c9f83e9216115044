"""What on-call may do to the line beside releasing, on the deployed AWS: freeze, retire, drill, revoke."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.contract.names import DEFAULT_PREFIX, RegistryKeys, function_name, pointer_parameter
from promptops.domain.ledger import Head, Release
from tests.e2e.calls import Said, error_code, post, refused
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import changed, renamed
from tests.e2e.inside import installation, ledger, pointers
from tests.waiting import until

ENVIRONMENTS = ("dev", "staging", "prod")
REVOKING = {"version": "v2", "reason": "it insults customers"}


@dataclass
class Prompt:
    """One prompt of its own on the deployed line; `versions` are published."""

    aws: LocalAws
    prompt_id: str
    folder: Path
    versions: list[str] = field(default_factory=list)

    def publish(self) -> str:
        version = f"v{len(self.versions) + 1}"
        changed(self.folder, 500 + len(self.versions))
        done = self.aws.person("alice").types("publish", str(self.folder)).document
        assert done["version"] == version
        self.versions.append(version)
        return version

    def promote(self, version: str, *, to: str = "dev") -> None:
        command = ("promote", f"{self.prompt_id}@{version}", "--to", to, "--reason", "better")
        self.aws.person("alice").types(*command)

    def on_call(self, path: str, **body: object) -> Said:
        """A call by carol about this prompt."""
        whole = {"prompt_id": self.prompt_id, "reason": "by on-call", **body}
        return post(self.aws, path, whole, signed_by="carol")

    def asks(self, version: str, *, to: str = "dev") -> Said:
        """A request by alice to promote."""
        body = {"prompt_id": self.prompt_id, "version": version, "reason": "better"}
        return post(self.aws, f"/v1/{to}/promote", body, signed_by="alice")

    def head(self, environment: str = "dev") -> Head:
        return ledger(self.aws, environment).head(self.prompt_id)

    def last(self, environment: str = "dev") -> Release:
        return ledger(self.aws, environment).releases(self.prompt_id)[0]

    def pointer(self, environment: str = "dev") -> Any:
        return json.loads(pointers(self.aws, environment).read(self.prompt_id) or "null")

    def resolved(self, environment: str = "dev") -> Said:
        body = {"prompt_id": self.prompt_id, "environment": environment}
        return post(self.aws, "/v1/resolve", body, signed_by="dave")


@pytest.fixture(scope="module")
def made(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Any:
    def make(prompt_id: str, *, versions: int, to: str) -> Prompt:
        folder = renamed(tmp_path_factory.mktemp(prompt_id), "support-ticket", prompt_id)
        prompt = Prompt(aws, prompt_id, folder)
        for _ in range(versions):
            prompt.promote(prompt.publish(), to=to)
        return prompt

    return make


@pytest.fixture(scope="module")
def ticket(made: Any) -> Prompt:
    """v1 and v2 were released up to prod."""
    prompt: Prompt = made("restricted-ticket", versions=2, to="prod")
    return prompt


@pytest.fixture
def frozen(aws: LocalAws) -> Iterator[Said]:
    """dev, frozen by carol; it is thawed whatever a test does."""
    freezing = partial(post, aws, signed_by="carol")
    yield freezing("/v1/dev/freeze", {"reason": "incident 4711"})
    assert freezing("/v1/dev/unfreeze", {"reason": "it is over"}).status == 200


def reconcile(aws: LocalAws, environment: str) -> None:
    """What the schedule sends every minute, sent now."""
    function = function_name(DEFAULT_PREFIX, "promote", environment)
    assert aws.invoke(function, {"task": "reconcile"})["errors"] == []


def registry(aws: LocalAws) -> DynamoDbRegistry:
    return DynamoDbRegistry(installation(aws).registry_table, aws.client("dynamodb"))


@pytest.mark.parametrize("verb", ["freeze", "unfreeze", "retire", "drill", "rollback"])
def test_an_author_does_none_of_this(aws: LocalAws, ticket: Prompt, verb: str):
    body = {"prompt_id": ticket.prompt_id, "version": "v2", "reason": "I want to"}

    for environment in ENVIRONMENTS:
        assert post(aws, f"/v1/{environment}/{verb}", body, signed_by="alice").kept_out


@pytest.mark.parametrize("who", ["alice", "bob", "dave"])
def test_nobody_but_on_call_revokes(aws: LocalAws, ticket: Prompt, who: str):
    body = {"prompt_id": ticket.prompt_id, **REVOKING}

    for verb in ("revoke", "unrevoke"):
        assert post(aws, f"/v1/{verb}", body, signed_by=who).kept_out
    assert registry(aws).restrictions(ticket.prompt_id) == []


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_only_the_highest_environments_role_writes_a_revocation(
    aws: LocalAws, ticket: Prompt, environment: str
):
    prompt_id, version = RegistryKeys.version(ticket.prompt_id, 2)
    revocation = {
        "TableName": installation(aws).registry_table,
        "Key": {"prompt_id": {"S": prompt_id}, "version": {"S": version}},
        "UpdateExpression": "SET revoked = :x",
        # No row allows it, so that whoever is let in changes nothing.
        "ConditionExpression": "attribute_not_exists(prompt_id)",
        "ExpressionAttributeValues": {":x": {"S": "x"}},
    }

    def role(environment: str) -> Any:
        return aws.client_of_role("dynamodb", function_name(DEFAULT_PREFIX, "promote", environment))

    refused("dynamodb:UpdateItem", role(environment).update_item, **revocation)
    let_in = error_code(role("prod").update_item, **revocation)
    assert let_in == "ConditionalCheckFailedException"


def test_a_freeze_stops_promotions_by_name_and_no_rollback(aws: LocalAws, ticket: Prompt, frozen: Said):
    assert (frozen.status, frozen.document["kind"], frozen.document["scope"]) == (200, "freeze", "dev")
    version = ticket.publish()

    stopped = ticket.asks(version)
    again = post(aws, "/v1/dev/freeze", {"reason": "another"}, signed_by="carol")
    back = ticket.on_call("/v1/dev/rollback", to_version="v1", from_version="v2")

    assert (stopped.status, stopped.code) == (403, "E_FROZEN")
    assert "incident 4711" in stopped.document["error"]["message"]
    assert (again.document["unchanged"], again.document["reason"]) == (True, "incident 4711")
    assert (back.status, ticket.pointer()["version"]) == (200, "v1")
    thawed = post(aws, "/v1/dev/unfreeze", {"reason": "it is over"}, signed_by="carol")
    assert thawed.document["kind"] == "unfreeze"

    ticket.promote(version)

    assert ticket.pointer()["version"] == version
    log = ledger(aws, "dev").restrictions()
    assert [entry.kind for entry in log[:2]] == ["unfreeze", "freeze"]
    assert log[1].actor.identity.endswith("user/carol")


def test_a_retired_prompt_is_refused_to_applications_and_a_rollback_brings_it_back(ticket: Prompt):
    live = ticket.head()

    retired = ticket.on_call("/v1/dev/retire", op_id="retired-once")
    again = ticket.on_call("/v1/dev/retire", op_id="retired-once")

    assert (retired.status, retired.document["kind"], retired.document["projected"]) == (200, "retire", True)
    assert again.document == retired.document
    assert (ticket.head().state, ticket.head().version) == ("retired", live.version)
    assert ticket.pointer()["state"] == "retired"
    assert until("E_RETIRED", lambda: ticket.resolved().code, 90) == "E_RETIRED"

    back = ticket.on_call("/v1/dev/rollback")

    assert (back.status, back.document["version"]) == (200, live.version)
    assert ticket.pointer()["state"] == "live"
    assert until("the prompt", lambda: ticket.resolved().status == 200, 90)


def test_a_drill_moves_the_pointer_back_and_forth_and_leaves_its_evidence(aws: LocalAws, ticket: Prompt):
    before = ticket.head("staging")

    drilled = ticket.on_call("/v1/staging/drill", op_id="drill-of-march")
    again = ticket.on_call("/v1/staging/drill", op_id="drill-of-march")

    name = pointer_parameter(DEFAULT_PREFIX, "staging", ticket.prompt_id)
    pages = aws.client("ssm").get_paginator("get_parameter_history").paginate(Name=name)
    values = [json.loads(entry["Value"]) for page in pages for entry in page["Parameters"]]
    kept = aws.client("s3").get_object(
        Bucket=installation(aws).artifact_bucket, Key=drilled.document["evidence_key"]
    )
    evidence = json.loads(kept["Body"].read())
    first, second = before.revision + 1, before.revision + 2
    assert drilled.status == 200, drilled.document
    assert drilled.document["revisions"] == [first, second]
    assert [(each["version"], each["revision"]) for each in values[-2:]] == [("v1", first), ("v2", second)]
    assert evidence["actor"]["identity"].endswith("user/carol")
    assert (evidence["reason"], evidence["revisions"]) == ("by on-call", [first, second])
    assert 0 < evidence["back_seconds"] < 30
    assert kept["ObjectLockMode"] == "GOVERNANCE"
    assert again.document == drilled.document
    assert ticket.head("staging").revision == second


def test_nobody_drills_where_people_are_served(ticket: Prompt):
    before = ticket.head("prod")

    refusal = ticket.on_call("/v1/prod/drill")

    assert (refusal.status, refusal.code) == (403, "E_DRILL")
    assert ticket.head("prod") == before


def test_of_two_rollbacks_at_once_one_wins_and_the_other_is_told_by_whom(ticket: Prompt):
    live = ticket.head()
    leaving = f"v{live.version}"

    with ThreadPoolExecutor(2) as both:
        calls = [
            both.submit(ticket.on_call, "/v1/dev/rollback", to_version=to, from_version=leaving)
            for to in ("v1", "v2")
        ]
        answers = sorted((call.result() for call in calls), key=lambda said: said.status)

    won, lost = answers
    assert (won.status, lost.status, lost.code) == (200, 409, "E_CONFLICT")
    assert f"v{won.document['version']} by carol" in lost.document["error"]["message"]
    assert ticket.head().revision == live.revision + 1
    assert ticket.pointer()["version"] == f"v{won.document['version']}"


def test_of_two_promotions_at_once_one_wins_and_the_other_is_told_by_whom(aws: LocalAws, ticket: Prompt):
    before, versions = ticket.head(), [ticket.publish(), ticket.publish()]

    with ThreadPoolExecutor(2) as both:
        asked = list(both.map(ticket.asks, versions))
    requests = [answer.document["request_id"] for answer in asked]
    dev = ledger(aws, "dev")
    ended = [
        until("both ends", lambda id=request_id: (found := dev.request(id)).ended and found, 120)
        for request_id in requests
    ]

    won, lost = sorted(ended, key=lambda request: request.status != "released")
    assert (won.status, lost.status) == ("released", "failed")
    assert lost.error["code"] == "E_CONFLICT"
    assert f"v{won.version} by alice" in lost.error["message"]
    assert (ticket.head().version, ticket.head().revision) == (won.version, before.revision + 1)


def test_a_revoked_version_leaves_service_everywhere_and_comes_back_by_name_only(
    aws: LocalAws, ticket: Prompt
):
    ticket.on_call("/v1/dev/rollback", to_version="v2")
    ticket.on_call("/v1/staging/rollback", to_version="v2")

    revoked = ticket.on_call("/v1/revoke", **REVOKING)

    (at_once,) = revoked.document["released"]
    assert (revoked.status, at_once["environment"], at_once["version"]) == (200, "prod", 1)
    assert (ticket.pointer("prod")["version"], ticket.pointer("prod")["state"]) == ("v1", "live")
    for environment in ("dev", "staging"):
        reconcile(aws, environment)
        assert ticket.head(environment).version != 2
        assert ticket.pointer(environment)["version"] != "v2"
        assert "it insults customers" in ticket.last(environment).reason
    assert ticket.last("prod").actor.identity.endswith("user/carol")

    again = ticket.on_call("/v1/revoke", **REVOKING)
    promoted, named = ticket.asks("v2"), ticket.on_call("/v1/prod/rollback", to_version="v2")
    by_default = ticket.on_call("/v1/prod/rollback")

    assert (again.document["unchanged"], ticket.head("prod").version) == (True, 1)
    assert (promoted.code, named.code, by_default.code) == ("E_REVOKED", "E_REVOKED", "E_NO_PREVIOUS")

    taken_back = ticket.on_call("/v1/unrevoke", **REVOKING)
    by_default = ticket.on_call("/v1/prod/rollback")

    assert (taken_back.status, taken_back.document["released"]) == (200, [])
    assert (by_default.code, ticket.head("prod").version) == ("E_NO_PREVIOUS", 1)
    assert ticket.on_call("/v1/prod/rollback", to_version="v2").document["version"] == 2
    log = registry(aws).restrictions(ticket.prompt_id)
    assert [(entry.kind, entry.version) for entry in log] == [("unrevoke", 2), ("revoke", 2)]


def test_a_revoked_version_with_nothing_before_it_is_served_by_nobody(aws: LocalAws, made: Any):
    only: Prompt = made("restricted-only", versions=1, to="dev")

    revoked = only.on_call("/v1/revoke", version="v1")
    reconcile(aws, "dev")

    assert (revoked.status, revoked.document["released"]) == (200, [])
    assert (only.head().state, only.last().kind) == ("revoked", "revoke")
    assert only.pointer()["state"] == "revoked"
    assert only.resolved().code == "E_REVOKED"
    assert only.on_call("/v1/dev/rollback").code == "E_NO_PREVIOUS"
