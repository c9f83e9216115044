"""The answer to a conversation, written as its instructions ask."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.local.model.conversation import read_conversation
from infra.local.model.instructions import Instructions, read_instructions
from infra.local.model.judge import judgement
from infra.local.model.reading import Reading, read_input
from infra.local.model.redaction import redacted
from infra.local.model.references import reference_in
from infra.local.model.rules import Ruling, rule_on
from infra.local.model.symptoms import nearest_level, ranks, urgency
from infra.local.model.wording import (
    action_sentence,
    basis_sentence,
    cause_sentence,
    digest_sentence,
    elaboration,
    message_text,
    obedient_text,
)

UNLIMITED_WORDS = 260

_GENERIC_FIELDS = ("summary", "details", "suggestion")
_KINDS = (
    ("level", "severity priority urgency impact risk criticality"),
    ("cause", "cause reason why diagnosis explanation rationale details"),
    ("action", "step steps action actions next fix remediation recommendation suggestion todo"),
    ("basis", "clause policy rule basis section term article"),
    ("message", "message reply response answer email note"),
    ("reference", "reference number"),
    ("number", "confidence probability score"),
)

_EXACT_KINDS = ("level", "reference")


def answer(messages: Sequence[Mapping[str, Any]]) -> str:
    """What the stand-in says to OpenAI-style messages; the same messages always give the same text."""
    conversation = read_conversation(messages)
    if verdict := judgement(conversation):
        return verdict
    instructions = read_instructions(conversation.instructions)
    reading = read_input(conversation.data)
    if reading.orders and conversation.instructions.strip() and not instructions.guarded:
        return obedient_text(reading)
    written = _Writer(instructions, reading).fields()
    if instructions.max_words is None:
        _lengthen(written, reading, instructions)
    else:
        _shorten(written, instructions, instructions.max_words)
    return _laid_out(written, instructions)


class _Writer:
    """Writes each field from what its name stands for."""

    def __init__(self, instructions: Instructions, reading: Reading) -> None:
        self._instructions = instructions
        self._reading = reading
        self._rulings = {name: rule_on(reading, book) for name, book in instructions.rulebooks.items()}
        self._ruling = self._first_ruling()

    def fields(self) -> dict[str, str | float]:
        written = {name: self._field(name) for name in self._instructions.fields or _GENERIC_FIELDS}
        return {name: self._polished(name, value) for name, value in written.items()}

    def _polished(self, name: str, value: str | float) -> str | float:
        if not isinstance(value, str):
            return value
        text = redacted(value, self._instructions.redactions)
        limit = self._instructions.field_words.get(name)
        return text if limit is None else " ".join(text.split()[:limit])

    def _first_ruling(self) -> Ruling | None:
        """The ruling on the first field whose allowed values the rules decide between."""
        books = self._instructions.rulebooks
        rulings = [self._rulings[name] for name, book in books.items() if not ranks(book.values)]
        return next((ruling for ruling in rulings if ruling.rule), rulings[0] if rulings else None)

    def _field(self, name: str) -> str | float:
        book = self._instructions.rulebooks.get(name)
        if book and ranks(book.values) and not book.rules:
            return nearest_level(book.values, urgency(self._reading.report))
        if book:
            return self._rulings[name].value
        match _kind(name):
            case "level":
                return urgency(self._reading.report)
            case "cause" if self._ruling is None:
                return cause_sentence(self._reading)
            case "action":
                return action_sentence(self._reading)
            case "basis" | "cause":
                return basis_sentence(self._ruling) if self._ruling else "No stated rule fits."
            case "message":
                return message_text(self._reading, self._ruling, courteous=self._instructions.courteous)
            case "reference":
                return reference_in(self._reading.report)
            case "number":
                return 0.3 if self._reading.tells_little else 0.7
        return digest_sentence(self._reading)


def _kind(name: str) -> str:
    parts = name.lower().split("_")
    return next(
        (kind for part in reversed(parts) for kind, known in _KINDS if part in known.split()), "digest"
    )


def _lengthen(written: dict[str, str | float], reading: Reading, instructions: Instructions) -> None:
    texts = _free_texts(written, instructions)
    position = 0
    while texts and _length(written, instructions) < UNLIMITED_WORDS:
        name = texts[position % len(texts)]
        written[name] = f"{written[name]} {elaboration(reading, position)}"
        position += 1


def _shorten(written: dict[str, str | float], instructions: Instructions, max_words: int) -> None:
    while _length(written, instructions) > max_words:
        lengths = {name: len(str(written[name]).split()) for name in _free_texts(written, instructions)}
        longest = max(lengths, key=lambda name: lengths[name], default=None)
        if longest is None or lengths[longest] <= 1:
            return
        written[longest] = " ".join(str(written[longest]).split()[:-1]).rstrip(" ,;:") + "…"


def _free_texts(written: Mapping[str, str | float], instructions: Instructions) -> list[str]:
    return [
        name
        for name, value in written.items()
        if isinstance(value, str)
        and name not in instructions.rulebooks
        and name not in instructions.field_words
        and _kind(name) not in _EXACT_KINDS
    ]


def _length(written: Mapping[str, str | float], instructions: Instructions) -> int:
    return len(_laid_out(written, instructions).split())


def _laid_out(written: Mapping[str, str | float], instructions: Instructions) -> str:
    if instructions.json:
        return json.dumps(written, ensure_ascii=False)
    if instructions.fields:
        return "\n".join(f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in written.items())
    return "\n\n".join(str(value) for value in written.values())
