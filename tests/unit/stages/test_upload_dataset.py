"""Promises of upload: sound cases get their digest, and nothing says a word of them."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc

import pytest

from promptops.domain.canonical import sha256
from promptops.domain.errors import BadInput, EvaluationEmpty, InvalidDataset, PromptOpsError, TooLarge
from promptops.stages.upload_dataset import MAX_BYTES, Uploaded, pack, upload
from tests.unit.fakes import FakeDatasets

CASE = '{"id": "one", "vars": {"ticket": "Grüße"}, "assert": [{"type": "contains", "value": "{{other}}"}]}\n'


def packed(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def test_cases_are_stored_at_their_digest_byte_by_byte():
    datasets = FakeDatasets()

    uploaded = upload(pack(CASE), datasets=datasets)

    digest = sha256(CASE.encode())
    assert uploaded == Uploaded(digest, 1)
    assert datasets.objects == {f"datasets/{digest}.jsonl": CASE.encode()}
    assert upload(pack(CASE), datasets=datasets) == uploaded


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (7, InvalidDataset),
        ("not base64!", InvalidDataset),
        (base64.b64encode(CASE.encode()).decode(), InvalidDataset),
        (packed(CASE.encode())[:-8], InvalidDataset),
        (base64.b64encode(gzip.compress(CASE.encode(), mtime=0) * 2).decode(), InvalidDataset),
        (packed(b"\n"), EvaluationEmpty),
        (packed(b"\xff"), InvalidDataset),
        (packed(CASE.encode() * 2), InvalidDataset),
        (packed(b" " * (MAX_BYTES + 1)), TooLarge),
    ],
)
def test_what_holds_no_sound_cases_is_not_stored(sent: str, error: type[PromptOpsError]):
    datasets = FakeDatasets()

    with pytest.raises(error):
        upload(sent, datasets=datasets)

    assert datasets.objects == {}


def test_a_little_that_unpacks_to_a_lot_is_not_unpacked_whole():
    bomb = packed(bytes(8 * MAX_BYTES))

    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            upload(bomb, datasets=FakeDatasets())
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(bomb) < MAX_BYTES / 50
    assert peak_bytes < 4 * MAX_BYTES


@pytest.mark.parametrize(
    "case",
    [
        '{"id": "canary',
        json.dumps({"id": "one", "vars": {}, "assert": [{"type": "regex", "value": "canary("}]}),
        json.dumps({"id": "canary canary", "vars": {}, "assert": []}),
    ],
)
def test_an_error_quotes_nothing(case: str):
    with pytest.raises(BadInput) as raised:
        upload(pack(case), datasets=FakeDatasets())

    assert "canary" not in str(raised.value.to_dict())
    assert "line 1" in raised.value.what
