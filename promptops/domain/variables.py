"""The typed variables a prompt declares, and the values it accepts for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from promptops.domain.errors import (
    InvalidMetadata,
    InvalidMetadataType,
    InvalidVariableType,
    MissingVariable,
    UnknownMetadata,
    UnknownVariable,
    VariableTooLarge,
    shown,
)
from promptops.domain.suggestion import did_you_mean

VariableType = Literal["string", "number", "boolean"]
Scalar = str | int | float | bool
DEFAULT_MAX_CHARS = 16_384
#: Larger numbers take long to write out, and Python refuses some of them.
_MAX_BITS = 1_024
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "boolean": (bool,)}
#: Values of a wrong type come from JSON as often as from Python.
_CALLED: dict[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    dict: "an object",
    type(None): "null",
}
_FIELDS = {"type", "default", "enum", "max_chars", "trusted", "description"}


@dataclass(frozen=True)
class Variable:
    """One declared variable; without a default it is required."""

    type: VariableType = "string"
    default: Scalar | None = None
    enum: tuple[Scalar, ...] = ()
    max_chars: int = DEFAULT_MAX_CHARS
    trusted: bool = False

    def to_dict(self) -> dict[str, object]:
        """The declaration as the artifact stores it, defaults left out."""
        document: dict[str, object] = {
            "type": self.type,
            "max_chars": self.max_chars,
            "trusted": self.trusted,
        }
        if self.default is not None:
            document["default"] = self.default
        if self.enum:
            document["enum"] = list(self.enum)
        return document

    @classmethod
    def from_dict(cls, name: str, document: Mapping[str, object]) -> Variable:
        """The declaration in `prompt.yaml` or an artifact; raises InvalidMetadata and its leaves."""
        for field in document:
            if field not in _FIELDS:
                raise UnknownMetadata(
                    f"variable {shown(name)} has no {shown(field)}{did_you_mean(field, _FIELDS)}",
                    f"Known: {', '.join(sorted(_FIELDS))}.",
                )
        kind = document.get("type", "string")
        if not isinstance(kind, str) or kind not in _PYTHON_TYPES:
            raise InvalidMetadata(
                f"variable {name} has type {shown(kind)}", "Write string, number or boolean."
            )
        max_chars = document.get("max_chars", DEFAULT_MAX_CHARS)
        if isinstance(max_chars, bool) or not isinstance(max_chars, int) or max_chars < 1:
            raise InvalidMetadataType(
                f"max_chars of {name} is {shown(max_chars)}", "Write a whole number above 0."
            )
        trusted = document.get("trusted", False)
        if not isinstance(trusted, bool):
            raise InvalidMetadataType(f"trusted of {name} is {shown(trusted)}", "Write true or false.")
        enum = document.get("enum", ())
        if not isinstance(enum, (list, tuple)):
            raise InvalidMetadataType(f"enum of {name} is not a list", "Write e.g. [low, high].")
        default = document.get("default")
        variable = cls(kind, None, tuple(enum), max_chars, trusted)  # type: ignore[arg-type]
        if default is None:
            return variable
        variable.text(name, default)
        return cls(variable.type, default, variable.enum, max_chars, trusted)  # type: ignore[arg-type]

    def text(self, name: str, value: object) -> str:
        """The value as it enters the text; messages name the variable, never its value."""
        if not isinstance(value, _PYTHON_TYPES[self.type]) or (
            self.type == "number" and isinstance(value, bool)
        ):
            found = _CALLED.get(type(value)) or f"a {type(value).__name__}"
            raise InvalidVariableType(f"variable {name} is {found}", f"Pass a {self.type}.")
        if self.enum and value not in self.enum:
            raise InvalidVariableType(
                f"variable {name} has a value outside its enum",
                f"Pass one of {shown(', '.join(str(item) for item in self.enum))[1:-1]}.",
            )
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidVariableType(f"variable {name} is not finite", "Pass a finite number.")
        if isinstance(value, int) and value.bit_length() > _MAX_BITS:
            raise VariableTooLarge(f"variable {name} is a huge number", "Pass it as text.")
        text = ("true" if value else "false") if isinstance(value, bool) else str(value)
        if len(text) > self.max_chars:
            raise VariableTooLarge(
                f"variable {name} has {len(text)} characters, limit {self.max_chars}",
                "Shorten it, or raise max_chars in prompt.yaml.",
            )
        return text


def bind(declared: Mapping[str, Variable], given: Mapping[str, object]) -> dict[str, str]:
    """The text of every declared variable: given, or its default.

    Raises UnknownVariable, MissingVariable, InvalidVariableType or VariableTooLarge; names only, no values.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise UnknownVariable(
            f"{shown(unknown[0])} is not a variable of this prompt{did_you_mean(unknown[0], declared)}",
            f"Known: {', '.join(sorted(declared)) or 'none'}.",
        )
    missing = sorted(
        name for name, variable in declared.items() if variable.default is None and name not in given
    )
    if missing:
        raise MissingVariable(
            f"{', '.join(missing)} missing", "Pass a value for each variable without a default."
        )
    return {
        name: variable.text(name, given.get(name, variable.default)) for name, variable in declared.items()
    }
