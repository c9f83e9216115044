from __future__ import annotations

import base64
import math
import struct
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.loopback import fetch
from infra.local.model.completions import MalformedRequest, embeddings
from infra.local.model.embedding import DIMENSIONS, embedded
from infra.local.model_server import EMBEDDINGS_PATH, ModelServer


def likeness(one: str, other: str) -> float:
    return math.fsum(a * b for a, b in zip(embedded(one), embedded(other), strict=True))


@given(st.text())
def test_every_text_has_a_vector_of_length_one(text: str) -> None:
    vector = embedded(text)

    assert len(vector) == DIMENSIONS
    assert math.isclose(math.fsum(value * value for value in vector), 1.0)
    assert embedded(text) == vector


def test_texts_about_the_same_are_more_alike_than_others() -> None:
    text = "The parcel was delivered damaged"

    assert math.isclose(likeness(text, text), 1.0)
    assert likeness(text, "A broken parcel has arrived") > 0.9
    assert likeness(text, "The parcel is late") > likeness(text, "Our office closes at noon")
    assert abs(likeness(text, "Our office closes at noon")) < 0.3


def test_the_response_has_the_shape_of_the_api() -> None:
    document = embeddings({"model": "m", "input": ["one parcel", "two parcels"]})

    assert (document["object"], document["model"]) == ("list", "m")
    assert [item["index"] for item in document["data"]] == [0, 1]
    assert {item["object"] for item in document["data"]} == {"embedding"}
    assert document["data"][0]["embedding"] == embedded("one parcel")
    assert document["usage"]["total_tokens"] == document["usage"]["prompt_tokens"] > 0


def test_one_text_may_stand_alone_and_vectors_may_be_packed() -> None:
    (item,) = embeddings({"input": "one parcel", "encoding_format": "base64"})["data"]

    unpacked = struct.unpack(f"<{DIMENSIONS}f", base64.b64decode(item["embedding"]))
    assert unpacked == pytest.approx(embedded("one parcel"))


@pytest.mark.parametrize(
    "request_body",
    [
        {},
        {"input": []},
        {"input": ""},
        {"input": [1, 2]},
        {"input": "a", "dimensions": 8},
        {"input": ["a"] * 2049},
    ],
)
def test_what_the_api_would_not_embed_is_refused(request_body: dict[str, object]) -> None:
    with pytest.raises(MalformedRequest):
        embeddings(request_body)


@pytest.fixture
def url() -> Iterator[str]:
    with ModelServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.port}"
        running.shutdown()
        thread.join()


def test_the_server_embeds_and_counts_only_completions(url: str) -> None:
    answered = fetch(url + EMBEDDINGS_PATH, method="POST", body=b'{"input": "one parcel"}')
    refused = fetch(url + EMBEDDINGS_PATH, method="POST", body=b'{"input": []}')

    assert (answered.status, refused.status) == (200, 400)
    assert b"chatcmpl" not in answered.body
    assert fetch(f"{url}/requests").body == b'{"count": 0}'
