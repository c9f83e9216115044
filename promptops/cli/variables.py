"""Variables typed on a command line, as the values a prompt declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptops.domain.errors import InvalidUsage, InvalidVariableType, shown
from promptops.domain.variables import Variable


def read_variables(texts: Sequence[str]) -> dict[str, str]:
    """The texts of `name=value` options; raises InvalidUsage."""
    values: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise InvalidUsage(
                f"--var {shown(text)} is no name=value", 'Write e.g. --var ticket="It is slow".'
            )
        if name in values:
            raise InvalidUsage(f"--var {shown(name)} is given twice", "Keep one of them.")
        values[name] = value
    return values


def typed(texts: Mapping[str, str], declared: Mapping[str, Variable]) -> dict[str, object]:
    """The same values as numbers and booleans where those are declared; names are not checked here."""
    return {
        name: _value(name, text, declared[name].type if name in declared else "string")
        for name, text in texts.items()
    }


def _value(name: str, text: str, kind: str) -> object:
    if kind == "boolean":
        if text not in ("true", "false"):
            raise InvalidVariableType(f"variable {name} is a text", "Pass true or false.")
        return text == "true"
    if kind == "number":
        try:
            return int(text) if text.lstrip("-").isdecimal() else float(text)
        except ValueError as error:
            raise InvalidVariableType(f"variable {name} is a text", "Pass a number.") from error
    return text
