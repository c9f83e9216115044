"""Promises of similar: the cosine as mathematics has it, and no grade from embeddings that are none."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from promptops.domain.errors import GraderUnavailable, InvalidDataset, ModelUnavailable
from promptops.domain.graders.similar import cosine
from tests.unit.domain.graders.grading_of import a_grader, graded
from tests.unit.fakes_evaluation import FakeAssistants

VECTORS = {
    "answer": (1.0, 0.0),
    "same": (2.0, 0.0),
    "near": (4.0, 3.0),
    "far": (3.0, 4.0),
    "across": (0.0, 1.0),
    "against": (-1.0, 0.0),
    "nothing": (0.0, 0.0),
}


def similar(kind: str, value: object, threshold: float | None = None, answer: str = "answer"):
    return graded(kind, answer, value, threshold=threshold, assistants=FakeAssistants(vectors=VECTORS))


@pytest.mark.parametrize(
    ("text", "score", "passed"),
    [
        ("same", 1.0, True),
        ("near", 0.8, True),
        ("far", 0.6, False),
        ("across", 0.0, False),
        ("against", 0.0, False),
        ("nothing", 0.0, False),
    ],
)
def test_the_score_is_the_cosine_and_three_quarters_are_enough(text: str, score: float, passed: bool):
    result, opposite = similar("similar", text), similar("not-similar", text)

    assert (result.score, result.passed) == (pytest.approx(score), passed)
    assert (opposite.score, opposite.passed) == (pytest.approx(1 - score), not passed)


def test_a_cosine_that_is_the_threshold_itself_meets_both_forms():
    assert similar("similar", "near", 0.8).passed
    assert similar("not-similar", "near", 0.8).passed
    assert not similar("similar", "near", 0.8 + 1e-9).passed
    assert not similar("not-similar", "near", 0.8 - 1e-9).passed


def test_of_a_list_one_is_enough_and_the_negation_wants_none():
    assert similar("similar", ["far", "near"]).passed
    assert similar("similar", ["far", "across"]).score == pytest.approx(0.6)
    assert not similar("similar", ["far", "across"]).passed
    assert not similar("not-similar", ["far", "near"]).passed
    assert similar("not-similar", ["far", "across"]).passed


def test_a_threshold_of_nothing_is_met_by_all_but_opposites():
    assert similar("similar", "across", 0).passed
    assert not similar("similar", "against", 0).passed


@pytest.mark.parametrize("answer", ["", " \n"])
def test_a_blank_answer_resembles_nothing_and_no_model_is_asked(answer: str):
    nobody = Broken(AssertionError("it was asked"))

    result = graded("similar", answer, "text", assistants=nobody)

    assert (result.score, result.passed) == (0.0, False)
    assert graded("not-similar", answer, "text", assistants=nobody).passed


@pytest.mark.parametrize("value", [None, "", " ", 3, [], ["a", ""], ["a", 3], {"a": 1}])
def test_it_needs_texts_to_compare_with(value: object):
    with pytest.raises(InvalidDataset):
        a_grader("similar", value)


class Broken:
    def __init__(self, vectors: Sequence[Sequence[float]] | Exception) -> None:
        self._vectors = vectors

    def judge(self, messages: object) -> str:
        raise AssertionError("nobody asked for a judgement")

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        if isinstance(self._vectors, Exception):
            raise self._vectors
        return self._vectors


@pytest.mark.parametrize("kind", ["similar", "not-similar"])
@pytest.mark.parametrize(
    "vectors",
    [
        [],
        [(1.0,)],
        [(1.0,), (1.0,), (1.0,)],
        [(1.0,), (1.0, 0.0)],
        [(), ()],
        [(math.nan,), (1.0,)],
        [(1.0,), (math.inf,)],
        [("1",), (1.0,)],
        [None, (1.0,)],
    ],
)
def test_embeddings_that_are_none_are_neither_met_nor_missed(kind: str, vectors: list[tuple[float, ...]]):
    with pytest.raises(GraderUnavailable):
        graded(kind, "answer", "text", assistants=Broken(vectors))


def test_embeddings_of_different_length_are_named_as_such():
    with pytest.raises(GraderUnavailable, match=r"2 texts have 2 embeddings, of \[1, 2\] numbers"):
        graded("similar", "answer", "text", assistants=Broken([(1.0,), (1.0, 0.0)]))


@pytest.mark.parametrize("kind", ["similar", "not-similar"])
def test_an_embedding_model_that_is_not_there_is_no_verdict(kind: str):
    with pytest.raises(ModelUnavailable):
        graded(kind, "answer", "text", assistants=Broken(ModelUnavailable("it is down")))


def test_the_cosine_of_large_numbers_is_none_the_less_one():
    assert cosine([1e200, 1e200], [1e200, 1e200]) == pytest.approx(1)
    assert cosine([1e-200], [1e-200]) == pytest.approx(1)


def test_the_reason_quotes_the_texts_and_never_the_answer():
    assert similar("similar", "far").reason == "similar: 0.60 similar, at least 0.75 of 'far' expected"
    assert similar("not-similar", "near").reason == "not-similar: met, and must not be: 'near'"
