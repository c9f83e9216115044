"""What a text or value must not hold before it may become part of a version."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping

from promptops.domain.allowance_rules import may_be_allowed
from promptops.domain.allowances import Allowances
from promptops.domain.errors import (
    BinaryContent,
    ControlCharacter,
    InvalidEncoding,
    InvalidMetadataType,
    InvisibleCharacter,
    SecretInPrompt,
    TooDeep,
    TooLarge,
    shown,
)
from promptops.domain.secret_scan import find_secret
from promptops.domain.visible import hidden_at

MAX_TEXT_BYTES = 65_536
MAX_DEPTH = 20

_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")
_ARCHIVES = {"PK\x03\x04": "zip", "\x1f\x8b": "gzip"}
_BYTE_ORDER_MARK = "\ufeff"
#: Beyond it, readers of JSON no longer agree on a number.
_LARGEST_INTEGER = 2**53


def check_text(text: str, where: str, allowed: Allowances | None = None) -> None:
    """Returns if the text is small, UTF-8, visible, plain and holds no secret, but for what is allowed.

    Where nothing can be `allowed` it is None. Raises TooLarge, InvalidEncoding, BinaryContent,
    ControlCharacter, InvisibleCharacter or SecretInPrompt, each with its place; a secret is masked.
    """
    _check_encoding(text, where)
    if not _PLAIN.fullmatch(text):
        _check_characters(text, where, allowed)
    found = find_secret(text, allowed.secrets if allowed else ())
    if found:
        line = text.count("\n", 0, found.position) + 1
        otherwise = f'; if it is none, write allow_secret: {{{found.name}: "why"}} in prompt.yaml'
        fix = "Remove it, revoke it, and pass secrets to the application another way"
        raise SecretInPrompt(
            f"{where} line {line}: {found.name} {found.masked}",
            f"{fix}{'' if allowed is None else otherwise}.",
        )


def check_value(value: object, where: str, allowed: Allowances | None = None) -> None:
    """Returns if this is JSON, at most 20 deep, whose texts all pass `check_text`.

    Raises TooDeep, InvalidMetadataType or what `check_text` raises.
    """
    waiting = [(value, 1)]
    while waiting:
        found, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise TooDeep(f"{where} is nested more than {MAX_DEPTH} deep", "Flatten it.")
        if isinstance(found, str):
            check_text(found, where, allowed)
        elif isinstance(found, Mapping):
            waiting += [(item, depth + 1) for pair in found.items() for item in pair]
            if not all(isinstance(name, str) for name in found):
                name = next(name for name in found if not isinstance(name, str))
                raise InvalidMetadataType(f"{where} has the name {shown(name)}", "Quote it.")
        elif isinstance(found, (list, tuple)):
            waiting += [(item, depth + 1) for item in found]
        elif isinstance(found, float) and not math.isfinite(found):
            raise InvalidMetadataType(f"{where} holds {found}", "Write a finite number.")
        elif isinstance(found, int) and abs(found) > _LARGEST_INTEGER:
            what = f"{where} holds a whole number beyond 2^53"
            raise InvalidMetadataType(what, "Quote it if it is text; readers of JSON would round it.")
        elif found is not None and not isinstance(found, (bool, int, float)):
            raise InvalidMetadataType(f"{where} holds a {type(found).__name__}, {shown(found)}", "Quote it.")


def encoded(text: str, where: str, max_bytes: int) -> bytes:
    """The text in UTF-8; raises InvalidMetadataType, InvalidEncoding or TooLarge."""
    if not isinstance(text, str):
        raise InvalidMetadataType(f"{where} is a {type(text).__name__}", "Send text.")
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        what = f"{where}: character {error.start + 1} is U+{ord(text[error.start]):04X}, half of a pair"
        raise InvalidEncoding(what, "Save it as UTF-8 without BOM.") from error
    if len(content) > max_bytes:
        raise TooLarge(f"{where} has {len(content)} bytes, limit {max_bytes}", "Shorten it.")
    return content


def _check_encoding(text: str, where: str) -> None:
    for start, kind in _ARCHIVES.items():
        if text.startswith(start):
            raise BinaryContent(f"{where} looks like {kind}", "Prompts are text.")
    if text.startswith(_BYTE_ORDER_MARK):
        raise InvalidEncoding(f"{where}: byte 0 is 0xEF, a byte order mark", "Save it as UTF-8 without BOM.")
    encoded(text, where, MAX_TEXT_BYTES)


def _check_characters(text: str, where: str, allowed: Allowances | None) -> None:
    passing = allowed.characters if allowed else ()
    for position in hidden_at(text):
        character = text[position]
        if character == "\r":
            raise ControlCharacter(_place(text, position, where), "Save it with LF, not CRLF, at line ends.")
        if unicodedata.category(character) == "Cc":
            raise ControlCharacter(_place(text, position, where), "Remove the control character.")
        if character not in passing:
            otherwise = f"; if it must stay, write allow_invisible: [U+{ord(character):04X}] in prompt.yaml"
            if allowed is None or not may_be_allowed(character):
                otherwise = ""
            fix = f"Remove it, a reader cannot see it{otherwise}."
            raise InvisibleCharacter(_place(text, position, where), fix)


def _place(text: str, position: int, where: str) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"{where} line {line} col {column}: U+{ord(text[position]):04X}"
