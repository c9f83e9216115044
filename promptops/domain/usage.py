"""One use of a prompt, as an application reports it: measurements, never texts or variables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptops.domain.errors import InvalidRecord, UnknownEnvironment, shown
from promptops.domain.identifiers import check_prompt_id, parse_version

MAX_RECORDS = 100
_NUMBERS = ("latency_ms", "tokens", "cost_usd", "quality")
_FLAGS = ("error", "corrected")
_TEXTS = ("exposure_id", "model", "error_class")
_KEYS = ("environment", "prompt_id", "version")
_MAX_TEXT_CHARS = 128


@dataclass(frozen=True)
class Use:
    """`measured` holds what was measured as numbers (flags as 0 or 1); `labels` are unpriced fields."""

    environment: str
    prompt_id: str
    version: int
    measured: Mapping[str, float]
    labels: Mapping[str, str]


def parse_uses(records: object, environments: Sequence[str]) -> list[Use]:
    """The uses in an observe request; raises InvalidRecord naming the record, its field and the limit."""
    if not isinstance(records, list) or not records:
        raise InvalidRecord("records is not a list with entries", 'Send {"records": [{…}]}.')
    if len(records) > MAX_RECORDS:
        raise InvalidRecord(f"{len(records)} records, limit {MAX_RECORDS}", "Send several requests.")
    return [_parse(number, record, environments) for number, record in enumerate(records, start=1)]


def _parse(number: int, record: object, environments: Sequence[str]) -> Use:
    if not isinstance(record, Mapping):
        raise InvalidRecord(f"record {number} is not an object", "Send one object a use.")
    for field in record:
        if field not in (*_KEYS, *_NUMBERS, *_FLAGS, *_TEXTS):
            raise InvalidRecord(
                f"record {number} has the field {shown(field)}",
                f"Known: {', '.join((*_KEYS, *_NUMBERS, *_FLAGS, *_TEXTS))}. Texts are not taken.",
            )
    for field in _KEYS:
        if not isinstance(record.get(field), str):
            raise InvalidRecord(
                f"record {number} has no {field}", "Send environment, prompt_id and version (v12)."
            )
    if record["environment"] not in environments:
        raise UnknownEnvironment(
            f"unknown environment {shown(record['environment'])}", f"Known: {', '.join(environments)}."
        )
    measured = {
        name: _number(number, name, record[name]) for name in _NUMBERS if record.get(name) is not None
    }
    measured |= {name: _flag(number, name, record[name]) for name in _FLAGS if record.get(name) is not None}
    if not measured:
        raise InvalidRecord(
            f"record {number} measures nothing", f"Send one of {', '.join((*_NUMBERS, *_FLAGS))}."
        )
    return Use(
        environment=record["environment"],
        prompt_id=check_prompt_id(record["prompt_id"]),
        version=parse_version(record["version"]),
        measured=measured,
        labels={name: _label(number, name, record[name]) for name in _TEXTS if record.get(name) is not None},
    )


def _number(number: int, name: str, value: object) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or value < 0
    ):
        raise InvalidRecord(
            f"{name} of record {number} is {shown(value)}", "Send a finite number, 0 or more."
        )
    if name == "quality" and value > 1:
        raise InvalidRecord(f"quality of record {number} is {value}", "Send a number in 0..1.")
    return float(value)


def _flag(number: int, name: str, value: object) -> float:
    if not isinstance(value, bool):
        raise InvalidRecord(f"{name} of record {number} is {shown(value)}", "Send true or false.")
    return 1.0 if value else 0.0


def _label(number: int, name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > _MAX_TEXT_CHARS:
        raise InvalidRecord(
            f"{name} of record {number} is no text up to {_MAX_TEXT_CHARS} characters", "Shorten it."
        )
    return value
