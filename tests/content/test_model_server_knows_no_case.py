"""The stand-in earns its scores by reading what it is sent: nothing of the prompts is in its source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.content.family import FAMILIES, Family
from tests.content.models import said_by_server

LOCAL = Path(__file__).parents[2] / "infra" / "local"
SOURCES = [LOCAL / "model_server.py", *sorted((LOCAL / "model").rglob("*.py"))]
SEQUENCE_WORDS = 5


def source_text() -> str:
    return "\n".join(path.read_text() for path in SOURCES).lower()


def word_sequences(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + SEQUENCE_WORDS]) for at in range(len(words) - SEQUENCE_WORDS + 1)}


def texts_of(family: Family) -> Iterator[str]:
    for case in family.cases:
        yield from (value for value in case.variables.values() if isinstance(value, str))
    yield from (message.content for message in family.templates)


def test_the_source_has_more_than_one_file() -> None:
    assert len(SOURCES) > 5


def test_no_prompt_id_case_id_or_field_name_is_in_the_source() -> None:
    source = source_text()

    for prompt_id in FAMILIES:
        family = Family.load(prompt_id)
        schema: Mapping[str, Any] = family.source.output_schema or {"required": []}
        fields = [name for name in schema["required"] if "_" in name]
        for known in (prompt_id, *fields, *(case.case_id for case in family.cases)):
            spellings = {known, known.replace("-", "_"), known.replace("_", "-"), re.sub("[-_]", " ", known)}
            assert not [spelling for spelling in spellings if spelling in source], known


def test_no_five_words_of_a_case_or_prompt_stand_in_the_source() -> None:
    source = word_sequences(source_text())

    for prompt_id in FAMILIES:
        for text in texts_of(Family.load(prompt_id)):
            assert not source & word_sequences(text)


def test_a_prompt_of_somebody_else_is_obeyed_too(model: str) -> None:
    system = (
        "You sort incoming mail for a library.\n"
        "Reply as JSON. The keys are urgency, shelf_mark, reply_text and topic.\n"
        "Urgency is low, medium or high. topic must be one of loans, opening_hours, other.\n"
        "T1: loans is right for renewals, reservations and overdue books.\n"
        "T2: opening hours is right for holidays, closing times and Sundays.\n"
        "T3: anything else is other.\n"
        "Never write more than forty words."
    )
    mail = "Dear library, is it possible to get a renewal for two overdue books? I cannot come before Monday."

    text = said_by_server([{"role": "system", "content": system}, {"role": "user", "content": mail}], model)

    assert '"topic": "loans"' in text
    assert '"urgency": "high"' in text
    assert '"shelf_mark"' in text
    assert len(text.split()) <= 40
