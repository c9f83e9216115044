"""A version's record is the same document as long as the version is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from promptops.domain.evaluation.measuring import Measuring
from promptops.domain.policy import Policy, Thresholds
from promptops.domain.version import Dataset, VersionRecord

#: As the first release wrote it.
OLDEST: dict[str, Any] = {
    "ref": {"prompt_id": "support-ticket", "version": 1},
    "sha256": "a" * 64,
    "size_bytes": 1,
    "object_version": "o",
    "source_sha256": "b" * 64,
    "model": "a-model",
    "dataset": {"key": "datasets/c.jsonl", "sha256": "c" * 64, "cases": 7},
    "policy": {"risk": "low", "thresholds": {"min_score": 0.8, "min_cases": 5}},
    "owner": "ml-platform",
    "description": "",
    "rationale": "first",
    "tags": [],
    "published_by": {"kind": "iam", "identity": "arn:alice"},
    "authors": [],
    "commit": "",
    "published_at": "2026-03-01T10:00:00.000000Z",
    "parent": None,
    "label": "",
    "blocks": {},
    "schema": 1,
}


def test_the_oldest_record_equals_its_copy_in_the_archive():
    assert VersionRecord.from_dict(OLDEST).to_dict() == OLDEST


def test_what_is_measured_and_how_is_on_record():
    record = replace(
        VersionRecord.from_dict(OLDEST),
        dataset=Dataset("datasets/c.jsonl", "c" * 64, 7, sensitive=True),
        policy=Policy("high", Thresholds(metrics={"format": 0.9}, margin=0.1), Measuring(repeats=3)),
    )

    assert VersionRecord.from_dict(record.to_dict()) == record
