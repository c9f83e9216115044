"""Strict, single-pass `{{variable}}` templates that cannot execute anything.

`{{name}}` is a variable, `{{{{` is a literal `{{`, and every single brace is literal, so that a JSON example
needs no escaping. Values are never scanned again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from promptops.domain.errors import InvalidTemplate, shown

VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VARIABLE = re.compile(rf"\s*({VARIABLE_NAME.pattern})\s*")


@dataclass(frozen=True)
class Template:
    """A parsed template: `literals[0] names[0] literals[1] names[1] … literals[-1]`."""

    literals: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """The template in the text; raises InvalidTemplate with line and column."""
        literals: list[str] = []
        names: list[str] = []
        literal = ""
        position = 0
        while (opening := text.find("{{", position)) != -1:
            literal += text[position:opening]
            if text.startswith("{{{{", opening):
                literal += "{{"
                position = opening + 4
                continue
            closing = text.find("}}", opening)
            if closing == -1:
                raise InvalidTemplate(f"{_place(text, opening)}: '{{{{' is not closed", "Close it with '}}'.")
            match = _VARIABLE.fullmatch(text, opening + 2, closing)
            if match is None:
                inside = text[opening : closing + 2]
                raise InvalidTemplate(
                    f"{_place(text, opening)}: {shown(inside)} is not a variable",
                    "Only {{name}} is allowed (a-z, 0-9, '_'); write {{{{ for a literal {{.",
                )
            literals.append(literal)
            names.append(match.group(1))
            literal = ""
            position = closing + 2
        literals.append(literal + text[position:])
        return cls(tuple(literals), tuple(names))

    @property
    def variables(self) -> frozenset[str]:
        return frozenset(self.names)

    def render(self, values: Mapping[str, str]) -> str:
        """The text with each variable replaced; `values` must hold every name."""
        if not self.names:
            return self.literals[0]
        parts = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            parts.append(values[name])
            parts.append(literal)
        return "".join(parts)


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return f"line {line} col {column}"
