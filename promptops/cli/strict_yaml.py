"""YAML that means what its author sees: no aliases, no repeated keys, no silent change of type."""

from __future__ import annotations

import math
import re
from collections.abc import Set

import yaml

from promptops.domain.errors import (
    ControlCharacter,
    DuplicateKey,
    InvalidMetadata,
    InvalidMetadataType,
    TooDeep,
    shown,
)

MAX_DEPTH = 20
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]{1,3})?")
_NUMBER_ELSEWHERE = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+")
_TEXT = "tag:yaml.org,2002:str"
_PLAIN_TAGS = tuple(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("str", "bool", "int", "float", "null", "timestamp", "merge", "value")
)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


def load(text: str, name: str, *, text_fields: Set[str] = frozenset()) -> object:
    """The document in the text; `name` is the file's, for messages.

    Plain scalars are true, false, null, decimal numbers or text; whatever YAML 1.1 would turn into something
    else (no, 012, 1:30, a date) has to be quoted. Top-level `text_fields` must hold text.
    Raises InvalidMetadata, InvalidMetadataType, DuplicateKey, TooDeep or ControlCharacter, with the place.
    """
    try:
        node = _Loader(text, name).get_single_node()
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = f"{name}:{before.count(chr(10)) + 1}:{error.position - before.rfind(chr(10))}"
        character = ord(text[error.position])
        raise ControlCharacter(f"{place}: U+{character:04X} in the file", "Remove it.") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "not YAML"
        if problem.startswith("but ") and error.context:
            problem = f"{error.context}, {problem}"
        raise InvalidMetadata(f"{_place(name, mark)}: {problem}", "Correct the YAML there.") from error
    return _Values(name, text_fields).of(node)


class _Loader(yaml.SafeLoader):
    """Composes nodes, refusing anchors, aliases and nesting beyond MAX_DEPTH."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.file = name
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise InvalidMetadata(
                f"{_place(self.file, event.start_mark)}: aliases are not allowed", "Write the value out."
            )
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep(self.file, event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        # The scanner looks far ahead of what is composed, in time that grows with the square of the depth.
        if self.flow_level >= MAX_DEPTH:
            raise _too_deep(self.file, self.get_mark())
        super().fetch_flow_collection_start(token)


def _too_deep(name: str, mark: yaml.Mark) -> TooDeep:
    return TooDeep(f"{_place(name, mark)}: nested deeper than {MAX_DEPTH} levels", "Flatten it.")


class _Values:
    """Turns nodes into values."""

    def __init__(self, name: str, text_fields: Set[str]) -> None:
        self._name = name
        self._text_fields = text_fields

    def of(self, node: yaml.Node | None, field: str = "") -> object:
        if node is None:
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, top=not field)
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, "tag:yaml.org,2002:seq")
            return [self.of(item, f"an entry of {field or 'the list'}") for item in node.value]
        assert isinstance(node, yaml.ScalarNode)
        return self._scalar(node, field)

    def _mapping(self, node: yaml.MappingNode, *, top: bool) -> dict[str, object]:
        self._check_tag(node, "tag:yaml.org,2002:map")
        values: dict[str, object] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self.of(key_node, "a key")
            line = key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise self._not_text(key_node, "a key")
            if key in lines:
                both = f"lines {lines[key]} and {line}"
                raise DuplicateKey(f"{self._name}: {shown(key)} {both}", "Remove one of them.")
            lines[key] = line
            values[key] = self.of(value_node, key)
            if top and key in self._text_fields and not isinstance(values[key], str | None):
                raise self._not_text(value_node, key)
        return values

    def _scalar(self, node: yaml.ScalarNode, field: str) -> object:
        raw: str = node.value
        if node.style is not None:
            self._check_tag(node, _TEXT)
            return raw
        self._check_tag(node, *_PLAIN_TAGS)
        if raw in _WORDS:
            return _WORDS[raw]
        if _INTEGER.fullmatch(raw):
            return int(raw)
        if _DECIMAL.fullmatch(raw) and math.isfinite(float(raw)):
            return float(raw)
        if node.tag == _TEXT and not _NUMBER_ELSEWHERE.fullmatch(raw):
            return raw
        if field in self._text_fields or field == "a key":
            raise self._not_text(node, field)
        raise InvalidMetadataType(
            f"{_place(self._name, node.start_mark)}: {field} is written {shown(raw)}, which readers of YAML "
            "understand differently",
            f'Quote it if it is text: "{_brief(raw)}".',
        )

    def _not_text(self, node: yaml.Node, field: str) -> InvalidMetadataType:
        place = _place(self._name, node.start_mark)
        if not isinstance(node, yaml.ScalarNode):
            return InvalidMetadataType(f"{place}: {field} must be text", "Write a single line of text.")
        raw = _brief(node.value)
        return InvalidMetadataType(f"{place}: {field} must be text, found {raw}", f'Quote it: "{raw}".')

    def _check_tag(self, node: yaml.Node, *allowed: str) -> None:
        if node.tag not in allowed:
            place = _place(self._name, node.start_mark)
            raise InvalidMetadata(f"{place}: the tag {shown(node.tag)} is not allowed", "Remove it.")


def _brief(raw: str) -> str:
    return shown(raw)[1:-1]


def _place(name: str, mark: yaml.Mark | None) -> str:
    return f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
