"""What a case expects of an answer: its assertions, checked and ready to grade."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from promptops.domain.errors import InvalidDataset, InvalidTemplate, shown
from promptops.domain.graders.grading import Assertion, Builder, Expectation
from promptops.domain.graders.table import NEGATION, build
from promptops.domain.suggestion import did_you_mean
from promptops.domain.template import Template

#: With larger weights the others would count for nothing, and sums lose their digits.
MAX_WEIGHT = 1_000
SET = "assert-set"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FIELDS = ("type", "value", "weight", "metric", "threshold")
_SET_FIELDS = ("type", "assert", "weight", "metric", "threshold")
#: Code of an author's own; a preview's table has a builder for it.
LOCAL = "python"
#: What only some kinds know.
_SETTINGS = {"llm-rubric": ("rubricPrompt",), LOCAL: ("config",)}

#: Fills a text's `{{variables}}`.
Fill = Callable[[str], str]


def read_assertions(
    documents: Sequence[object], fill: Fill, table: Mapping[str, Builder]
) -> tuple[Assertion, ...]:
    """The assertions, ready to grade; raises InvalidDataset for the first that makes no sense."""
    return tuple(_assertion(document, fill, table) for document in documents)


def filling(values: Mapping[str, str], *, strict: bool) -> Fill:
    """Fills in these values; an unknown name is refused or, if not `strict`, leaves the text as it is."""

    def fill(text: str) -> str:
        if "{{" not in text:
            return text
        try:
            template = Template.parse(text)
        except InvalidTemplate as error:
            raise InvalidDataset(f"in an assertion's text, {error.what}", error.fix) from error
        unknown = sorted(template.variables - set(values))
        if not unknown:
            return template.render(values)
        if strict:
            what = f"an assertion uses {shown(unknown[0])}{did_you_mean(unknown[0], values)}"
            raise InvalidDataset(what, "Use the prompt's variables; write {{{{ for a literal {{.")
        return text

    return fill


def walked(documents: object) -> Iterator[Mapping[str, object]]:
    """All assertions as they were written, those of sets with them, sound or not."""
    for document in documents if isinstance(documents, list) else []:
        if isinstance(document, Mapping):
            yield document
            if document.get("type") == SET:
                yield from walked(document.get("assert"))


def checked_name(value: object, what: str) -> str:
    """Names leave the restricted bucket with the scores, so they may not be sentences."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidDataset(f"{what} is {shown(value)}", "Use 1 to 64 letters, digits, '.', '_' and '-'.")
    return value


def checked_object(value: object, what: str, known: Sequence[str]) -> Mapping[str, object]:
    """The value, a mapping with none but the `known` names; with any, if none is named."""
    if not isinstance(value, Mapping):
        raise InvalidDataset(f"{what} is not a JSON object", "Write {…}.")
    unknown = sorted(set(value) - set(known)) if known else []
    if unknown:
        what = f"{what} has the field {shown(unknown[0])}{did_you_mean(unknown[0], known)}"
        raise InvalidDataset(what, f"Known: {', '.join(known)}.")
    return value


def checked_number(value: object, what: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        upto = "or more" if most == math.inf else f"to {most:g}"
        raise InvalidDataset(f"{what} is {shown(value)}", f"Write {least:g} {upto}.")
    return float(value)


def _assertion(document: object, fill: Fill, table: Mapping[str, Builder]) -> Assertion:
    if not isinstance(document, Mapping):
        raise InvalidDataset("the assertion is not a JSON object", "Write {…}.")
    kind = document.get("type")
    if not isinstance(kind, str):
        raise InvalidDataset(f"an assertion has the type {shown(kind)}", "Name one, e.g. is-json.")
    base = kind.removeprefix(NEGATION)
    settings = _SETTINGS.get(base, ())
    is_set = base == SET
    checked_object(document, "the assertion", _SET_FIELDS if is_set else (*_FIELDS, *settings))
    threshold = document.get("threshold")
    if threshold is not None:
        threshold = checked_number(threshold, f"threshold of {kind}", 0, 1 if is_set else math.inf)
    if base == LOCAL and base not in table:
        raise InvalidDataset(
            f"{kind} runs in `promptops evaluate FOLDER` only, on its author's machine",
            "The stack runs no code that comes with a prompt: say it with other assertions to publish it.",
        )
    expectation = Expectation(
        base,
        _inner(document, fill, table) if is_set else _filled(document.get("value"), fill),
        threshold,
        kind != base,
        {name: document[name] for name in settings if name in document},
    )
    return Assertion(
        kind,
        build(expectation, table),
        checked_number(document.get("weight", 1), f"weight of {kind}", 0, MAX_WEIGHT),
        checked_name(document["metric"], "metric") if "metric" in document else "",
    )


def _inner(document: Mapping[str, object], fill: Fill, table: Mapping[str, Builder]) -> tuple[Assertion, ...]:
    inner = document.get("assert")
    if document["type"] != SET:
        raise InvalidDataset(f"{SET} cannot be negated", "Negate the assertions in it.")
    if not isinstance(inner, list) or not inner:
        raise InvalidDataset(f"an {SET} has no assertions", "Add assert: a list of assertions.")
    if any(item.get("type") == SET for item in inner if isinstance(item, Mapping)):
        raise InvalidDataset(f"an {SET} stands in an {SET}", "Write its assertions into the outer one.")
    return read_assertions(inner, fill, table)


def _filled(value: object, fill: Fill) -> object:
    """Texts and texts in a list; what is inside an object, such as a JSON Schema, stays as it is."""
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [fill(item) if isinstance(item, str) else item for item in value]
    return value
