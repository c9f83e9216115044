"""Promises of the evaluation bucket and of reports: verified on every load, reports written once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from promptops.aws import s3_past_evaluations
from promptops.aws.s3_evaluation import S3ChunkResults, S3Datasets
from promptops.aws.s3_past_evaluations import S3PastEvaluations
from promptops.aws.s3_reports import S3Reports
from promptops.domain.canonical import canonical, sha256
from promptops.domain.errors import DatasetChanged, EvaluationError, EvidenceMismatch, InvalidScore
from promptops.domain.evaluation.case_result import CaseResult
from promptops.domain.evaluation.chunk import MeasuredChunk
from promptops.domain.identifiers import PromptRef
from promptops.domain.policy import Thresholds
from promptops.domain.report import Binding, Report, Usage

BUCKET = "evaluation"
RESULT = CaseResult("one", 0.75, False, True, ("contains: lacks 'b'",), 12, 340, 21)
CHUNK = MeasuredChunk((RESULT,), Usage(10, 20, 0.5, "2026-02-01"), "2026-05-26T16:10:01.000000Z")
REPORT = Report(
    "e" * 32,
    "support-ticket",
    12,
    Binding("c", "d", "builtin/1", "m", "bedrock"),
    Thresholds(0.5, 1),
    (RESULT,),
    "2026-05-26T16:10:01.000000Z",
    "2026-05-26T16:10:09.000000Z",
)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_the_same_cases_are_stored_under_the_same_key_and_come_back(s3):
    datasets = S3Datasets(BUCKET, s3)

    key = datasets.store(b"cases")

    assert key == datasets.store(b"cases") == f"datasets/{sha256(b'cases')}.jsonl"
    assert datasets.load(key, sha256(b"cases")) == b"cases"


def test_a_changed_or_missing_dataset_is_never_evaluated(s3):
    datasets = S3Datasets(BUCKET, s3)
    key = datasets.store(b"cases")
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"easier cases")

    with pytest.raises(DatasetChanged, match=sha256(b"easier cases")[:12]):
        datasets.load(key, sha256(b"cases"))
    with pytest.raises(DatasetChanged, match="gone"):
        datasets.load("datasets/none.jsonl", sha256(b"cases"))


def test_chunk_results_come_back_and_a_chunk_that_is_not_there_is_none(s3):
    results = S3ChunkResults(BUCKET, s3)

    results.store("run", 0, CHUNK)
    better = replace(CHUNK, cases=(replace(RESULT, score=1.0),))
    results.store("run", 0, better)

    assert results.load("run", 0) == better
    assert results.load("run", 1) is None


def test_a_report_is_loaded_only_as_it_was_linked(s3):
    reports = S3Reports(BUCKET, s3)
    evidence = reports.store(REPORT)

    assert reports.load(evidence) == REPORT
    assert (evidence.verdict, evidence.score, evidence.evaluated_at) == ("fail", 0.75, REPORT.finished_at)
    better = replace(REPORT, cases=(replace(RESULT, score=1.0, passed=True),))
    s3.put_object(Bucket=BUCKET, Key=evidence.key, Body=canonical(better.to_dict()))
    with pytest.raises(EvidenceMismatch, match="linked was"):
        reports.load(evidence)
    with pytest.raises(EvidenceMismatch, match="gone"):
        reports.load(replace(evidence, key="reports/none.json"))


def test_a_report_that_could_not_be_read_again_is_not_stored(s3, monkeypatch):
    monkeypatch.setattr("promptops.aws.s3_reports.MAX_BYTES", 100)

    with pytest.raises(EvaluationError, match="limit 100"):
        S3Reports(BUCKET, s3).store(REPORT)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


def test_a_report_stored_again_is_the_first_one(s3):
    reports = S3Reports(BUCKET, s3)
    first = reports.store(REPORT)

    again = reports.store(replace(REPORT, finished_at="2026-05-26T16:11:00.000000Z"))

    assert again == first
    assert reports.load(again) == REPORT


@pytest.mark.parametrize("score", ["NaN", "Infinity", "1.2", '"0.9"', "-1", "true"])
def test_a_score_that_is_no_score_is_no_result(s3, score):
    body = canonical(CHUNK.to_dict()).decode().replace('"score":0.75', f'"score":{score}')
    s3.put_object(Bucket=BUCKET, Key="evaluations/e/0.json", Body=body.encode())

    with pytest.raises(InvalidScore, match="E_EVAL_SCORE: case 'one' has the score"):
        S3ChunkResults(BUCKET, s3).load("e", 0)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"cases": 1}', b'{"cases": [{}]}'])
def test_results_that_cannot_be_read_are_an_error_of_the_run(s3, body):
    s3.put_object(Bucket=BUCKET, Key="evaluations/e/0.json", Body=body)

    with pytest.raises(EvaluationError, match="the results of chunk 0 cannot be read"):
        S3ChunkResults(BUCKET, s3).load("e", 0)


def store_many(s3, number: int) -> list[str]:
    """Their keys, the one finished last first; the first one failed, and every second one after it."""
    kept = [
        S3Reports(BUCKET, s3).store(
            replace(
                REPORT,
                evaluation_id=f"{9 - count}-try",
                cases=(replace(RESULT, passed=bool(count % 2)),),
                finished_at=f"2026-05-26T16:10:1{count}.000000Z",
            )
        )
        for count in range(number)
    ]
    return [evidence.key for evidence in reversed(kept)]


def test_every_evaluation_of_a_version_is_found_newest_first_with_how_it_went(s3):
    keys = store_many(s3, 4)
    S3Reports(BUCKET, s3).store(replace(REPORT, version=120, evaluation_id="other"))

    found = S3PastEvaluations(BUCKET, s3).of_version(PromptRef("support-ticket", 12))

    assert found.total == 4
    assert [past.key for past in found.newest] == keys
    assert [(past.verdict, past.score) for past in found.newest] == [("pass", 0.75), ("fail", 0.75)] * 2
    assert found.title(keys[1]) == "evaluation 3 of 4 of this version"


def test_what_is_no_report_counts_as_an_attempt(s3):
    store_many(s3, 1)
    s3.put_object(Bucket=BUCKET, Key="reports/support-ticket/v12/broken.json", Body=b"{}")

    found = S3PastEvaluations(BUCKET, s3).of_version(PromptRef("support-ticket", 12))

    assert found.total == 2
    assert {past.verdict for past in found.newest} == {"fail", "unreadable"}


@pytest.mark.parametrize("limit", ["SHOWN", "MAX_BYTES"])
def test_few_reports_are_read_and_all_are_counted(s3, monkeypatch, limit):
    store_many(s3, 6)
    size = s3.list_objects_v2(Bucket=BUCKET)["Contents"][0]["Size"]
    monkeypatch.setattr(s3_past_evaluations, limit, 2 if limit == "SHOWN" else int(2.5 * size))

    found = S3PastEvaluations(BUCKET, s3).of_version(PromptRef("support-ticket", 12))

    assert (found.total, len(found.newest), found.unread) == (6, 2, 4)
