"""What a reader must see to judge a new version: texts line by line, everything else name by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from promptops.domain.artifact import Artifact, Message
from promptops.domain.variables import Variable

LineKind = Literal["same", "removed", "added", "changed"]
MessageKind = Literal["same", "changed", "added", "removed"]
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_MAX_WORD_DIFF_CHARS = 2_000
_MAX_LINES_COMPARED_EXACTLY = 1_000


@dataclass(frozen=True)
class Segment:
    """A piece of one line; `changed` where the other side differs."""

    text: str
    changed: bool = False


@dataclass(frozen=True)
class Line:
    """One line on both sides; the side where it does not exist is empty."""

    kind: LineKind
    before: tuple[Segment, ...] = ()
    after: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class MessageChange:
    """One message template, whole: unchanged lines are in it too."""

    role: str
    kind: MessageKind
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Fact:
    """One named value on both sides, as text; empty where it does not exist."""

    name: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Changes:
    """The way from one artifact to another."""

    messages: tuple[MessageChange, ...]
    facts: tuple[Fact, ...]


def changes(before: Artifact | None, after: Artifact) -> Changes:
    """Everything that differs between two versions; without a `before` everything is new."""
    old = before.messages if before else ()
    return Changes(
        tuple(_message_changes(old, after.messages)),
        facts(_settings(before) if before else {}, _settings(after)),
    )


def facts(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Fact, ...]:
    """The values of both sides by name, in the order of the newer side."""
    names = [*after, *(name for name in before if name not in after)]
    return tuple(Fact(name, _text(before.get(name)), _text(after.get(name))) for name in names)


def _settings(artifact: Artifact) -> dict[str, object]:
    settings: dict[str, object] = {"model": artifact.model.get("id")}
    settings["provider"] = artifact.model.get("provider")
    settings.update({f"parameter {name}": value for name, value in sorted(artifact.parameters.items())})
    declared = {name: _declared(variable) for name, variable in sorted(artifact.variables.items())}
    settings.update({f"variable {name}": text for name, text in declared.items()})
    settings.update({f"block {name}": value for name, value in sorted(artifact.blocks.items())})
    settings["output schema"] = artifact.output_schema
    settings.update({f"example {number}": item for number, item in enumerate(artifact.examples, start=1)})
    settings.update(artifact.allowances.to_dict())
    return settings


def _declared(variable: Variable) -> str:
    parts: list[str] = [variable.type]
    parts += [f"at most {variable.max_chars} characters"] if variable.type == "string" else []
    parts += ["trusted"] if variable.trusted else []
    parts += [f"one of {_text(list(variable.enum))}"] if variable.enum else []
    parts += ["required" if variable.default is None else f"default {_text([variable.default])[1:-1]}"]
    return ", ".join(parts)


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=dict)


def _message_changes(before: Sequence[Message], after: Sequence[Message]) -> Iterator[MessageChange]:
    old_roles, new_roles = [item.role for item in before], [item.role for item in after]
    roles = SequenceMatcher(None, old_roles, new_roles, autojunk=False)
    for tag, i1, i2, j1, j2 in roles.get_opcodes():
        if tag == "equal":
            for old, new in zip(before[i1:i2], after[j1:j2], strict=True):
                kind: MessageKind = "same" if old.content == new.content else "changed"
                yield MessageChange(new.role, kind, tuple(_lines(old.content, new.content)))
            continue
        for old in before[i1:i2]:
            yield MessageChange(old.role, "removed", _whole(old.content, "removed"))
        for new in after[j1:j2]:
            yield MessageChange(new.role, "added", _whole(new.content, "added"))


def _whole(text: str, kind: Literal["removed", "added"]) -> tuple[Line, ...]:
    lines = ((Segment(line),) for line in text.split("\n"))
    return tuple(Line(kind, before=line) if kind == "removed" else Line(kind, after=line) for line in lines)


def _lines(before: str, after: str) -> Iterator[Line]:
    old, new = before.split("\n"), after.split("\n")
    # difflib compares every pair of equal lines; thousands of blank ones would take minutes.
    repetitive = max(len(old), len(new)) > _MAX_LINES_COMPARED_EXACTLY
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=repetitive).get_opcodes():
        if tag == "equal":
            yield from (Line("same", (Segment(line),), (Segment(line),)) for line in new[j1:j2])
            continue
        paired = min(i2 - i1, j2 - j1)
        for offset in range(paired):
            yield _changed_line(old[i1 + offset], new[j1 + offset])
        yield from (Line("removed", before=(Segment(line),)) for line in old[i1 + paired : i2])
        yield from (Line("added", after=(Segment(line),)) for line in new[j1 + paired : j2])


def _changed_line(before: str, after: str) -> Line:
    """Both lines with the words that differ marked; lines that share little are marked as wholes."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(before) + len(after) > _MAX_WORD_DIFF_CHARS:
        return Line("changed", (Segment(before),), (Segment(after),))
    words = SequenceMatcher(None, old, new, autojunk=False)
    if words.ratio() < 0.4:
        return Line("changed", (Segment(before),), (Segment(after),))
    left: list[Segment] = []
    right: list[Segment] = []
    for tag, i1, i2, j1, j2 in words.get_opcodes():
        left += [Segment("".join(old[i1:i2]), tag != "equal")] if i2 > i1 else []
        right += [Segment("".join(new[j1:j2]), tag != "equal")] if j2 > j1 else []
    return Line("changed", tuple(left), tuple(right))
