"""The deployed installation through anything that needs no fault: the rules and promises of tests/faults.

Crashes, lost replies and outages are left to the installation in memory, where each call can be struck.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from promptops.aws.dynamodb_registry import DynamoDbRegistry
from promptops.aws.s3_archive import S3Archive
from promptops.aws.s3_reader import S3ArtifactReader
from promptops.aws.s3_release_records import S3ReleaseRecords
from promptops.aws.s3_reports import S3Reports
from promptops.aws.ssm_pointers import SsmPointers
from promptops.cli.folder import read_folder
from promptops.contract.answers import Reconciled
from promptops.contract.messages import Promoted
from promptops.contract.names import (
    DEFAULT_PREFIX,
    archived_release_key,
    function_name,
    pointer_parameter,
)
from promptops.domain.approval import Approval
from promptops.domain.errors import UnknownPrompt, from_dict
from promptops.domain.identifiers import PromptRef, parse_version
from promptops.domain.ledger import Head, Release
from promptops.domain.policy import Risk
from promptops.domain.report import Report
from promptops.domain.version import VersionRecord
from promptops.stages.resolve import Resolver
from tests.e2e.calls import post
from tests.e2e.conftest import LocalAws
from tests.e2e.folders import renamed
from tests.e2e.inside import installation, ledger, pointers, request_row
from tests.faults.machine import CANARY, GONE, ReleaseMachine
from tests.faults.system import Capability, Name, Used
from tests.waiting import until

ENVIRONMENT = "dev"
PROMOTE = function_name(DEFAULT_PREFIX, "promote", ENVIRONMENT)
TICKET = "ticket"
EXAMPLES = int(os.environ.get("STATEFUL_E2E_EXAMPLES", "4"))
STEPS = int(os.environ.get("STATEFUL_E2E_STEPS", "20"))


@pytest.fixture(autouse=True)
def nothing_reconciles_by_itself(aws: LocalAws) -> Iterator[None]:
    """The schedule and the events of dev rest, so that each change is one the machine made."""
    events, functions = aws.client("events"), aws.client("lambda")
    arn = functions.get_function_configuration(FunctionName=PROMOTE)["FunctionArn"]
    rules = events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]
    streams = functions.list_event_source_mappings(FunctionName=PROMOTE)["EventSourceMappings"]
    assert rules
    for rule in rules:
        events.disable_rule(Name=rule)
    for stream in streams:
        functions.update_event_source_mapping(UUID=stream["UUID"], Enabled=False)
    yield
    for rule in rules:
        events.enable_rule(Name=rule)
    for stream in streams:
        functions.update_event_source_mapping(UUID=stream["UUID"], Enabled=True)


class DeployedSystem:
    """dev of a deployed installation, and prompts that are its own: commands through the signed API."""

    environments = (ENVIRONMENT,)
    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, aws: LocalAws, folder: Path) -> None:
        self.name = f"any-{secrets.token_hex(4)}"
        self.prompts = (self.name, f"other-{self.name}")
        self._aws = aws
        self._ledger, self._pointers = ledger(aws, ENVIRONMENT), pointers(aws, ENVIRONMENT)
        tables = installation(aws)
        s3 = aws.client("s3")
        self._registry = DynamoDbRegistry(tables.registry_table, aws.client("dynamodb"))
        self._records = S3ReleaseRecords(tables.artifact_bucket, ENVIRONMENT, s3)
        self._reports = S3Reports(tables.artifact_bucket, s3)
        self._archive = S3Archive(tables.artifact_bucket, s3)
        self._source = renamed(folder, "support-ticket", self.name)
        self._by_hand: set[str | None] = {None}

    def close(self) -> None:
        if self.frozen(ENVIRONMENT):
            self.unfreeze(ENVIRONMENT)

    def recover(self) -> None:
        """Nothing of ours was down."""

    def tick(self, seconds: float) -> None:
        """Time passes by itself."""

    def now(self) -> float:
        return time.monotonic()

    # ---- commands

    def _say(self, who: str, path: str, **body: object) -> dict[str, Any]:
        said = post(self._aws, path, body, signed_by=who)
        if said.status >= 400:
            raise from_dict(said.document["error"])
        return dict(said.document)

    def _here(self, who: str, verb: str, **body: object) -> dict[str, Any]:
        return self._say(who, f"/v1/{ENVIRONMENT}/{verb}", **body)

    def publish(self, prompt_id: str, content: int, risk: Risk) -> PromptRef:
        body = read_folder(self._source).body()
        source: dict[str, Any] = {**body.source, "prompt_id": prompt_id, "risk": risk}
        source["parameters"] = {**source["parameters"], "max_tokens": 500 + content}
        done = self._say(
            "alice", "/v1/publish", **replace(body, source=source, authors=["alice@example.com"]).to_dict()
        )
        return PromptRef(prompt_id, parse_version(done["version"]))

    def promote(self, ref: PromptRef, environment: str, by: Name) -> None:
        body = {"prompt_id": ref.prompt_id, "version": f"v{ref.version}", "reason": "better answers"}
        request_id = self._here("alice", "promote", **body).get("request_id")
        if not request_id:
            return
        ended = until(f"the end of {request_id}", lambda: _ended(self._aws, request_id), 120)
        if ended.error:
            raise from_dict(dict(ended.error))

    def roll_back(self, prompt_id: str, environment: str, *, to: int, op_id: str, reason: str) -> Promoted:
        version = f"v{to}" if to else ""
        body = {"prompt_id": prompt_id, "reason": reason, "to_version": version, "op_id": op_id}
        return Promoted(**self._here("carol", "rollback", **body))

    def retire(self, prompt_id: str, environment: str, *, op_id: str, reason: str) -> Promoted:
        return Promoted(**self._here("carol", "retire", prompt_id=prompt_id, reason=reason, op_id=op_id))

    def drill(self, prompt_id: str, environment: str, *, op_id: str, reason: str) -> None:
        self._here("carol", "drill", prompt_id=prompt_id, reason=reason, op_id=op_id)

    def revoke(self, ref: PromptRef) -> None:
        body = {"prompt_id": ref.prompt_id, "version": f"v{ref.version}", "reason": "it insults customers"}
        self._say("carol", "/v1/revoke", **body)

    def unrevoke(self, ref: PromptRef) -> None:
        body = {"prompt_id": ref.prompt_id, "version": f"v{ref.version}", "reason": "it was another one"}
        self._say("carol", "/v1/unrevoke", **body)

    def freeze(self, environment: str) -> None:
        self._here("carol", "freeze", reason="a holiday")

    def unfreeze(self, environment: str) -> None:
        self._here("carol", "unfreeze", reason="work again")

    def reconcile(self, environment: str) -> Reconciled:
        done = self._aws.invoke(PROMOTE, {"task": "reconcile", "prompt_ids": list(self.prompts)})
        return Reconciled(**done)

    def put_by_hand(self, environment: str, prompt_id: str, text: str) -> None:
        self._by_hand.add(text)
        name = pointer_parameter(DEFAULT_PREFIX, ENVIRONMENT, prompt_id)
        ssm = self._aws.client("ssm", "erin")
        ssm.put_parameter(Name=name, Value=text, Type="String", Overwrite=True)

    def delete_by_hand(self, environment: str, prompt_id: str) -> None:
        ssm = self._aws.client("ssm", "erin")
        name = pointer_parameter(DEFAULT_PREFIX, ENVIRONMENT, prompt_id)
        if self.pointer(environment, prompt_id) is not None:
            ssm.delete_parameter(Name=name)

    def client(self, environment: str, ttl_seconds: float) -> DeployedClient:
        return DeployedClient(self._aws)

    # ---- looking

    def head(self, environment: str, prompt_id: str) -> Head:
        return self._ledger.head(prompt_id)

    def releases(self, environment: str, prompt_id: str) -> Sequence[Release]:
        return self._ledger.releases(prompt_id, 1_000)[::-1]

    def pointer(self, environment: str, prompt_id: str) -> str | None:
        return self._pointers.read(prompt_id)

    def proven(self, environment: str, ref: PromptRef) -> bool:
        return self._records.read(ref.prompt_id, ref.version) is not None

    def archived(self, environment: str, release: Release) -> bool:
        key = archived_release_key(environment, release.prompt_id, release.revision)
        return (self._archive.read(key) or {}).get("release") == release.to_dict()

    def versions(self) -> Mapping[PromptRef, VersionRecord]:
        found: dict[PromptRef, VersionRecord] = {}
        for prompt_id in self.prompts:
            try:
                found.update({record.ref: record for record in self._registry.versions(prompt_id)})
            except UnknownPrompt:
                continue
        return found

    def frozen(self, environment: str) -> bool:
        return bool(self._ledger.frozen_because())

    def asks_approval(self, environment: str) -> bool:
        return False

    def approval(self, environment: str, approval_id: str) -> Approval:
        return self._ledger.approval(approval_id)

    def report(self, release: Release) -> Report | None:
        evidence = self._registry.version(PromptRef(release.prompt_id, release.version)).evidence
        named = evidence is not None and evidence.sha256 == release.report_sha256
        return self._reports.load(evidence) if evidence and named else None

    def forbidden_writes(self) -> Sequence[str]:
        found = []
        for prompt_id in self.prompts:
            text = self.pointer(ENVIRONMENT, prompt_id)
            committed = {row.head().pointer().to_text() for row in self.releases(ENVIRONMENT, prompt_id)}
            if text not in committed | self._by_hand:
                found.append(f"{prompt_id}: {text}")
        return found

    def everything_kept(self) -> str:
        """What the tables hold and the functions log, after one use through the resolve function as well."""
        body = {"prompt_id": self.name, "environment": ENVIRONMENT, "variables": {TICKET: CANARY}}
        said = post(self._aws, "/v1/resolve", body, signed_by="dave")
        assert CANARY in str(said.document) or said.code in GONE
        dynamodb, logs = self._aws.client("dynamodb"), self._aws.client("logs")
        tables = installation(self._aws)
        kept = [
            str(page["Items"])
            for table in (tables.registry_table, tables.ledger_tables[ENVIRONMENT])
            for page in dynamodb.get_paginator("scan").paginate(TableName=table)
        ]
        lines = {
            group["logGroupName"]: [
                event["message"]
                for page in logs.get_paginator("filter_log_events").paginate(
                    logGroupName=group["logGroupName"]
                )
                for event in page["events"]
            ]
            for group in logs.describe_log_groups()["logGroups"]
        }
        assert any("Resolve" in name and messages for name, messages in lines.items())
        kept += [message for messages in lines.values() for message in messages]
        return "\n".join(kept)


class DeployedClient:
    """A process with an application's rights that asks AWS again for every use."""

    environment = ENVIRONMENT
    ttl_seconds = 0.0

    def __init__(self, aws: LocalAws) -> None:
        bucket, s3 = aws.instance.outputs["ArtifactBucket"], aws.client("s3", "dave")
        self._resolver = Resolver(
            ENVIRONMENT,
            pointers=SsmPointers(DEFAULT_PREFIX, ENVIRONMENT, aws.client("ssm", "dave")),
            artifacts=S3ArtifactReader(bucket, s3),
            records=S3ReleaseRecords(bucket, ENVIRONMENT, s3),
            ttl_seconds=0,
        )

    def use(self, prompt_id: str, ticket: str) -> Used:
        got = self._resolver.resolve(prompt_id)
        messages = got.prompt.render({TICKET: ticket})
        return Used(
            version=got.version,
            revision=got.revision,
            sha256=got.sha256,
            bytes_sha256=got.prompt.artifact.digest(),
            stale=got.stale,
            read_at=time.monotonic() - got.age_seconds,
            text="\n".join(message["content"] for message in messages),
        )


def _ended(aws: LocalAws, request_id: str) -> Any:
    row = request_row(aws, request_id)
    return row if row.ended else None


def test_whatever_happens_to_a_deployed_installation_the_promises_hold(aws: LocalAws, tmp_path: Path):
    made = iter(range(1_000))

    class Deployed(ReleaseMachine):
        least_releases = 2

        @staticmethod
        def make() -> DeployedSystem:
            place = tmp_path / str(next(made))
            place.mkdir()
            return DeployedSystem(aws, place)

    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        # What took minutes to come about is shown as it came about.
        phases=[Phase.generate],
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Deployed, settings=chosen)
