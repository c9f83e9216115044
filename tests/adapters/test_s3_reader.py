from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from promptops.aws.s3_reader import MAX_BYTES, S3ArtifactReader
from promptops.contract.names import artifact_key
from promptops.domain.artifact import Artifact, Message
from promptops.domain.errors import DigestMismatch

PROMPT = "support-ticket"
PLACE = {"Bucket": "artifacts", "Key": artifact_key(PROMPT, 1)}


class Body:
    """What S3 streams; `taken` tells whether anybody asked for it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.taken = False

    def read(self, *_: int) -> bytes:
        self.taken = True
        return self._content


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with Stubber(boto3.client("s3", region_name="eu-central-1")) as stub:
        yield stub


def test_an_artifact_is_read_if_it_has_the_digest(s3):
    artifact = Artifact(PROMPT, (Message("user", "hello"),), {"id": "some-model"})
    content = artifact.to_bytes()
    s3.add_response("get_object", {"ContentLength": len(content), "Body": Body(content)}, PLACE)

    assert S3ArtifactReader("artifacts", s3.client).read(PROMPT, 1, artifact.digest()) == artifact


def test_what_is_larger_than_any_artifact_is_refused_before_it_is_read(s3):
    body = Body(b" ")
    s3.add_response("get_object", {"ContentLength": MAX_BYTES + 1, "Body": body}, PLACE)

    with pytest.raises(DigestMismatch, match="limit"):
        S3ArtifactReader("artifacts", s3.client).read(PROMPT, 1, "f" * 64)

    assert not body.taken
