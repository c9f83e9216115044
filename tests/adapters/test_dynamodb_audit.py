"""Audit against DynamoDB, Parameter Store and S3 in process: what is changed behind the line is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from promptops.aws.dynamodb_audit import DynamoDbRegistryTrail, DynamoDbTrail
from promptops.aws.dynamodb_items import value
from promptops.aws.dynamodb_stored import readable
from promptops.aws.pointer_history import SsmPointerHistory
from promptops.aws.s3_report_finder import S3ReportFinder
from promptops.aws.s3_reports import S3Reports
from promptops.contract.names import LedgerKeys, RegistryKeys, pointer_parameter, report_key
from promptops.domain.audit import first_bad_entry
from promptops.domain.audit_releases import head_problems, row_problems
from promptops.domain.audit_versions import first_bad_revocation, first_bad_version
from promptops.domain.errors import AccessRefused, Throttled
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.identifiers import PromptRef
from promptops.domain.ledger import Release
from promptops.domain.policy import Thresholds
from promptops.domain.report import Binding, Report
from tests.adapters.archived_tables import Installed
from tests.adapters.ledger_tables import ALICE, ENVIRONMENTS, NOW, PROMPT

BUCKET = "artifacts"


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Installed()


def trail(tables: Installed, environment: str = "dev") -> DynamoDbTrail:
    return DynamoDbTrail(environment, ENVIRONMENTS[environment], tables.client)


def registry(tables: Installed) -> DynamoDbRegistryTrail:
    return DynamoDbRegistryTrail("registry", tables.client, tables.registry)


def key(pk: str, sk: str) -> dict[str, Any]:
    return {"pk": value(pk), "sk": value(sk)}


def registry_key(prompt_id: str, version: str) -> dict[str, Any]:
    return {"prompt_id": value(prompt_id), "version": value(version)}


def problems(tables: Installed, environment: str = "dev") -> list[tuple[str, str]]:
    """Everything wrong with the log of one prompt, as its rows alone show it."""
    log = trail(tables, environment).log(PROMPT, 0)
    return [
        *(problem for revision in range(1, log.last({}) + 1) for problem in row_problems(log, revision, {})),
        *head_problems(log),
    ]


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_what_was_committed_is_read_as_it_is_and_right(tables: Installed, environment: str):
    log = trail(tables, environment).log(PROMPT, 0)
    lived = tables.ledgers[environment]

    assert log.head == lived.head(PROMPT)
    assert log.rows == list(lived.releases(PROMPT))[::-1]
    assert problems(tables, environment) == []
    assert trail(tables, environment).prompt_ids() == [PROMPT]


def test_approvals_marks_and_freezes_are_read(tables: Installed):
    read = trail(tables)
    (approval,) = read.log(PROMPT, 0).approvals.values()
    entries = read.freezes()

    assert approval == tables.dev.approval(approval.approval_id)
    assert read.marks()[PROMPT] == 3
    assert list(entries.values()) == list(tables.dev.restrictions())[::-1]
    assert read.freeze_now() == (entries[2], False)
    assert first_bad_entry("freezes", entries, {}, scope="dev", environment="dev") == []
    assert trail(tables, "prod").freeze_now() == (None, False)


def test_the_registry_is_read_as_it_is_and_right(tables: Installed):
    log = registry(tables).log(PROMPT)

    assert registry(tables).prompt_ids() == ["refund-policy", PROMPT]
    assert (log.latest, log.archived) == (5, 5)
    assert [log.versions[version] for version in (5, 4, 3, 2, 1)] == tables.registry.versions(PROMPT)
    assert list(log.revocations.values()) == list(tables.registry.restrictions(PROMPT))[::-1]
    assert {version: entry and entry.kind for version, entry in log.listed.items()} == {
        3: "revoke",
        4: "unrevoke",
    }
    assert first_bad_version(log, {}, {})[0].holds == "no copy in the archive"
    assert first_bad_revocation(log, {}) == []


@pytest.mark.parametrize(
    "document", ["{", "[]", "{}", {"surprise": True}, {"schema": 9}, {"actor": {"kind": "iam"}}]
)
def test_a_row_that_is_no_release_is_named_and_nothing_stumbles(tables: Installed, document: Any):
    if isinstance(document, dict):
        document = json.dumps({**tables.dev.release(PROMPT, 2).to_dict(), **document})
    tables.put("ledger-dev", key(*LedgerKeys.release(PROMPT, 2)), document=value(document))

    assert ("what cannot be read", "a release") in problems(tables)


@pytest.mark.parametrize(
    "row",
    [
        LedgerKeys.head(PROMPT),
        LedgerKeys.operation("back"),
        LedgerKeys.released_version(PROMPT, 2),
    ],
)
def test_a_row_beside_a_release_that_cannot_be_read_is_found(tables: Installed, row: tuple[str, str]):
    tables.put("ledger-dev", key(*row), document=value('{"revision": "many"}'))

    assert problems(tables) != []


def test_a_freeze_that_was_switched_off_beside_its_log_is_seen(tables: Installed):
    tables.freeze("again")
    tables.put("ledger-dev", key(*LedgerKeys.FREEZE), frozen=value(""))

    now, refused = trail(tables).freeze_now()

    assert now
    assert (now.in_force, refused) == (True, False)


@pytest.mark.parametrize(
    "attributes", [{"document": value("{}")}, {"sha256": value("f" * 64)}, {"evidence": value("{}")}]
)
def test_a_version_that_is_not_what_was_written_cannot_be_read(tables: Installed, attributes: dict[str, Any]):
    tables.put("registry", registry_key(*RegistryKeys.version(PROMPT, 1)), **attributes)

    assert registry(tables).log(PROMPT).versions[1] is None


def test_a_row_from_before_a_field_was_there_is_right():
    release = Release("a-prompt", 1, 1, "f" * 64, "promote", 0, ALICE, "why", NOW, "op").sealed()
    document = release.to_dict()
    del document["report_sha256"]

    assert readable({"document": value(json.dumps(document))}, "document", Release.from_dict, Release.to_dict)


def test_a_pointers_history_is_read_from_its_first_value_on(tables: Installed):
    ssm = boto3.client("ssm", "eu-central-1")
    name = pointer_parameter("prompt-ops", "dev", PROMPT)
    for number in range(60):
        ssm.put_parameter(Name=name, Value=f"v{number}", Type="String", Overwrite=True)

    history = SsmPointerHistory("prompt-ops", "dev", ssm).written(PROMPT)

    assert [entry.value for entry in history] == [f"v{number}" for number in range(60)]
    assert history[0].at.endswith("Z")
    assert SsmPointerHistory("prompt-ops", "prod", ssm).written(PROMPT) == []


@pytest.mark.parametrize(
    ("code", "error", "calls"),
    [("ThrottlingException", Throttled, 6), ("AccessDeniedException", AccessRefused, 1)],
)
def test_a_history_is_asked_for_again_when_it_is_too_much_and_not_when_it_is_denied(
    monkeypatch: pytest.MonkeyPatch, code: str, error: type[Exception], calls: int
):
    asked = []

    def refused(**_: object) -> None:
        asked.append(code)
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "GetParameterHistory")

    ssm = boto3.client("ssm", "eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")
    monkeypatch.setattr(ssm, "get_parameter_history", refused)

    with pytest.raises(error, match="ssm:GetParameterHistory"):
        SsmPointerHistory("prompt-ops", "dev", ssm, sleep=lambda _: None).written(PROMPT)
    assert len(asked) == calls


def test_every_report_of_a_version_is_found_and_what_is_none_is_left_out(tables: Installed):
    s3 = boto3.client("s3", "us-east-1")
    s3.create_bucket(Bucket=BUCKET)
    stored = [S3Reports(BUCKET, s3).store(report(name)) for name in ("one", "two")]
    S3Reports(BUCKET, s3).store(report("other", version=10))
    s3.put_object(Bucket=BUCKET, Key=report_key(PROMPT, 1, "three"), Body=b"{}")

    found = S3ReportFinder(BUCKET, s3).of_version(PromptRef(PROMPT, 1))

    assert [evidence for evidence, _ in found] == stored
    assert found[0][1] == report("one")


def report(name: str, version: int = 1) -> Report:
    return Report(
        evaluation_id=name,
        prompt_id=PROMPT,
        version=version,
        binding=Binding("c" * 64, "d" * 64, "builtin/1", "some-model", "bedrock"),
        thresholds=Thresholds(min_cases=1),
        cases=(CaseResult("case", 1.0, True, False, (), 1, 1, 1),),
        started_at=NOW,
        finished_at=NOW,
    )
