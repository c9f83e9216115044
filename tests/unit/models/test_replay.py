"""Promises of a recorded run: the same questions get the same answers, and any other question none."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from promptops.domain.errors import InvalidRecording, NotRecorded
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded
from promptops.models.replay import Recorder, Replay

MODEL = ModelName("some-model")
QUESTION = Question(MODEL, [{"role": "user", "content": "hello"}], {"temperature": 0}, {"type": "object"})


class Provider:
    """Never says the same twice."""

    def __init__(self) -> None:
        self.said = 0

    def answer(self, question: Question) -> Answer:
        self.said += 1
        return Answer(f"{question.messages[0]['content']} {self.said}\u2028\n\ud800", 3, 4, 5, 1)

    def embed(self, model: ModelName, texts: object) -> Embedded:
        return Embedded([[0.25, -1.5]], 2)


def recorded(tmp_path: Path, *questions: Question, texts: tuple[str, ...] = ()) -> Path:
    path = tmp_path / "run.jsonl"
    with path.open("w", encoding="utf-8") as file:
        recorder = Recorder(Provider(), file)
        for question in questions:
            recorder.answer(question)
        if texts:
            recorder.embed(MODEL, texts)
    return path


def test_repeats_of_a_question_get_its_answers_one_after_the_other(tmp_path: Path):
    path = recorded(tmp_path, QUESTION, QUESTION, texts=("x",))
    expected = Provider()

    replay = Replay.of(path)

    for _ in range(2):
        assert replay.answer(QUESTION) == expected.answer(QUESTION)
    assert replay.embed(MODEL, ["x"]) == Embedded([[0.25, -1.5]], 2)


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, messages=[{"role": "user", "content": "hello!"}]),
        replace(QUESTION, messages=[{"role": "system", "content": "hello"}]),
        replace(QUESTION, model=ModelName("some-model", "somewhere")),
        replace(QUESTION, parameters={"temperature": 0.1}),
        replace(QUESTION, output_schema=None),
    ],
    ids=["text", "role", "provider", "parameter", "schema"],
)
def test_an_edited_question_is_another_one_and_gets_no_answer(tmp_path: Path, other: Question):
    replay = Replay.of(recorded(tmp_path, QUESTION))

    with pytest.raises(NotRecorded, match="some-model was not recorded"):
        replay.answer(other)


def test_a_question_asked_more_often_than_recorded_gets_no_answer(tmp_path: Path):
    replay = Replay.of(recorded(tmp_path, QUESTION))
    replay.answer(QUESTION)

    with pytest.raises(NotRecorded, match="recorded once, and is asked 2 times") as raised:
        replay.answer(QUESTION)
    assert "hello" not in str(raised.value)


def test_texts_that_were_not_embedded_have_no_embeddings(tmp_path: Path):
    replay = Replay.of(recorded(tmp_path, texts=("x",)))

    for model, texts in ((MODEL, ["y"]), (MODEL, ["x", "x"]), (ModelName("other"), ["x"])):
        with pytest.raises(NotRecorded):
            replay.embed(model, texts)


def test_many_threads_record_whole_lines_and_replay_each_answer_once(tmp_path: Path):
    questions = [replace(QUESTION, messages=[{"role": "user", "content": str(n % 20)}]) for n in range(400)]
    path = tmp_path / "run.jsonl"
    with path.open("w", encoding="utf-8") as file, ThreadPoolExecutor(16) as threads:
        said = list(threads.map(Recorder(Provider(), file).answer, questions))

    replay = Replay.of(path)
    with ThreadPoolExecutor(16) as threads:
        again = list(threads.map(replay.answer, questions))

    assert sorted(answer.text for answer in again) == sorted(answer.text for answer in said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no recorded run"),
        ('{"kind":"something else","schema":1}\n', "is no recorded run"),
        ('{"kind":"promptops-answers","schema":99}\n', "is no recorded run"),
        ('{"kind":"promptops-answers","schema":1}\nnot JSON\n', "line 2"),
        ('{"kind":"promptops-answers","schema":1}\n[]\n', "line 2"),
        ('{"kind":"promptops-answers","schema":1}\n{"question":"0f"}\n', "without 'text'"),
    ],
    ids=["empty", "other kind", "newer", "no JSON", "list", "no text"],
)
def test_a_file_that_is_no_recording_is_refused_with_the_place(tmp_path: Path, content: str, said: str):
    path = tmp_path / "run.jsonl"
    path.write_text(content)

    with pytest.raises(InvalidRecording, match=said):
        Replay.of(path)


def test_every_answer_is_in_the_file_as_soon_as_it_came():
    file = io.StringIO()
    recorder = Recorder(Provider(), file)

    recorder.answer(QUESTION)

    assert len(file.getvalue().splitlines()) == 2
