"""Answers of an earlier run, asked for again: the same question gets the same answer, and no other any.

The file is JSON lines: what it is, then an answer or some embeddings a line. A line belongs to a question by
the question's digest, and of a question asked several times to one of them by its number; an edited prompt,
another model or parameter is another question, which nobody answered.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from promptops.domain.canonical import digest
from promptops.domain.errors import InvalidRecording, NotRecorded, shown
from promptops.domain.question import ModelName, Question
from promptops.evaluation_ports import Answer, Embedded, Provider

KIND, SCHEMA = "promptops-answers", 1
_HEAD = {"kind": KIND, "schema": SCHEMA}


class Recorder:
    """A provider that writes down every answer as it comes; texts of answers are in that file."""

    def __init__(self, provider: Provider, file: TextIO) -> None:
        self._provider = provider
        self._file = file
        self._lock = threading.Lock()
        self._write(_HEAD)

    def answer(self, question: Question) -> Answer:
        answer = self._provider.answer(question)
        self._write(
            {
                "question": question_digest(question),
                "model": question.model.to_dict(),
                "text": answer.text,
                "input_tokens": answer.input_tokens,
                "output_tokens": answer.output_tokens,
                "cached_input_tokens": answer.cached_input_tokens,
                "latency_ms": answer.latency_ms,
            }
        )
        return answer

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        embedded = self._provider.embed(model, texts)
        self._write(
            {
                "texts": texts_digest(model, texts),
                "model": model.to_dict(),
                "vectors": [list(vector) for vector in embedded.vectors],
                "input_tokens": embedded.input_tokens,
            }
        )
        return embedded

    def _write(self, line: Mapping[str, object]) -> None:
        text = json.dumps(line, separators=(",", ":"))
        with self._lock:
            self._file.write(f"{text}\n")


class Replay:
    """A provider that says what was recorded, each answer once; raises NotRecorded for everything else."""

    def __init__(self, lines: Sequence[Mapping[str, Any]]) -> None:
        self._answers: defaultdict[str, list[Answer]] = defaultdict(list)
        self._embedded: dict[str, Embedded] = {}
        self._said: Counter[str] = Counter()
        self._lock = threading.Lock()
        for line in lines:
            if "question" in line:
                self._answers[line["question"]].append(_answer(line))
            else:
                self._embedded[line["texts"]] = Embedded(line["vectors"], line["input_tokens"])

    @classmethod
    def of(cls, path: Path) -> Replay:
        """What the file recorded; raises InvalidRecording naming the line that is none of a recording's."""
        lines = path.read_text(encoding="utf-8").split("\n")
        read = [_line(number, text, path) for number, text in enumerate(lines, start=1) if text]
        if not read or read[0] != _HEAD:
            raise InvalidRecording(f"{shown(path)} is no recorded run", "Make one with --record.")
        try:
            return cls(read[1:])
        except (KeyError, TypeError) as error:
            what = f"{shown(path)} has a line without {error}"
            raise InvalidRecording(what, "Record the run again.") from None

    def answer(self, question: Question) -> Answer:
        key = question_digest(question)
        with self._lock:
            number = self._said[key]
            self._said[key] += 1
        answers = self._answers.get(key, [])
        if number >= len(answers):
            asked = f"the question {key[:12]} to {question.model.id}"
            too_few = f"was recorded {_times(len(answers))}, and is asked {_times(number + 1)}"
            raise NotRecorded(
                f"{asked} {too_few if answers else 'was not recorded'}",
                "Prompt, model, parameters, cases or repeats have changed: record the run again.",
            )
        return answers[number]

    def embed(self, model: ModelName, texts: Sequence[str]) -> Embedded:
        embedded = self._embedded.get(texts_digest(model, texts))
        if embedded is None:
            raise NotRecorded(
                f"embeddings by {model.id} of {len(texts)} texts were not recorded", "Record the run again."
            )
        return embedded


def question_digest(question: Question) -> str:
    """What tells a question from every other: model, messages, parameters and schema."""
    return digest(
        {
            "model": question.model.to_dict(),
            "messages": [dict(message) for message in question.messages],
            "parameters": dict(question.parameters),
            "output_schema": question.output_schema,
        }
    )


def texts_digest(model: ModelName, texts: Sequence[str]) -> str:
    return digest({"model": model.to_dict(), "texts": list(texts)})


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _line(number: int, text: str, path: Path) -> Mapping[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        raise InvalidRecording(f"line {number} of {shown(path)} is no JSON object", "Record the run again.")
    return line


def _answer(line: Mapping[str, Any]) -> Answer:
    return Answer(
        line["text"],
        line["input_tokens"],
        line["output_tokens"],
        line["latency_ms"],
        line["cached_input_tokens"],
    )
