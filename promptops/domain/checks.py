"""What a text or value must not hold before it may become part of a version."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping

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
from promptops.domain.visible import is_hidden

MAX_TEXT_BYTES = 65_536
MAX_DEPTH = 20

_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")
_ARCHIVES = {"PK\x03\x04": "zip", "\x1f\x8b": "gzip"}
_BYTE_ORDER_MARK = "\ufeff"
_JOINERS = "\u200c\u200d"
_EMOJI_STYLES = "\ufe0e\ufe0f"
_SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")),
    ("private key", re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----")),
    ("JSON web token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,4096}\.eyJ[A-Za-z0-9_-]{10,4096}\.")),
    ("GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,255})\b")),
    (
        "password",
        # After a colon prose may follow ("secret: politeness"), so there the value needs a digit.
        re.compile(
            r"\b(?:password|passwd|secret|api_key)[\"']?\s{0,5}"
            r"(?:=\s{0,5}[\"']?|:\s{0,5}[\"']?(?=[^\s\"'{<$*=]{0,200}\d))[^\s\"'{<$*=]{8,200}",
            re.IGNORECASE,
        ),
    ),
)
_SHOWN_SECRET_CHARS = 4


def check_text(text: str, where: str) -> None:
    """Returns if the text is small, UTF-8, visible, plain and holds no secret.

    Raises TooLarge, InvalidEncoding, BinaryContent, ControlCharacter, InvisibleCharacter or SecretInPrompt,
    each with its place; a secret is masked.
    """
    _check_encoding(text, where)
    if not _PLAIN.fullmatch(text):
        _check_characters(text, where)
    for name, pattern in _SECRETS:
        found = pattern.search(text)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            raise SecretInPrompt(
                f"{where} line {line}: {name} {found.group()[:_SHOWN_SECRET_CHARS]}****",
                "Remove it, revoke it, and pass secrets to the application another way.",
            )


def check_value(value: object, where: str) -> None:
    """Returns if this is JSON, at most 20 deep, whose texts all pass `check_text`.

    Raises TooDeep, InvalidMetadataType or what `check_text` raises.
    """
    waiting = [(value, 1)]
    while waiting:
        found, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise TooDeep(f"{where} is nested more than {MAX_DEPTH} deep", "Flatten it.")
        if isinstance(found, str):
            check_text(found, where)
        elif isinstance(found, Mapping):
            waiting += [(item, depth + 1) for pair in found.items() for item in pair]
            if not all(isinstance(name, str) for name in found):
                name = next(name for name in found if not isinstance(name, str))
                raise InvalidMetadataType(f"{where} has the name {shown(name)}", f'Quote it: "{name}".')
        elif isinstance(found, (list, tuple)):
            waiting += [(item, depth + 1) for item in found]
        elif isinstance(found, float) and not math.isfinite(found):
            raise InvalidMetadataType(f"{where} holds {found}", "Write a finite number.")
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


def _check_characters(text: str, where: str) -> None:
    for position, character in enumerate(text):
        if character.isascii() and (character.isprintable() or character in "\n\t"):
            continue
        if character == "\r":
            raise ControlCharacter(_place(text, position, where), "Save it with LF, not CRLF, at line ends.")
        category = unicodedata.category(character)
        if category == "Cc":
            raise ControlCharacter(_place(text, position, where), "Remove the control character.")
        if category != "Zs" and is_hidden(character) and not _shapes(text, position):
            raise InvisibleCharacter(_place(text, position, where), "Remove it; a reader cannot see it.")


def _place(text: str, position: int, where: str) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"{where} line {line} col {column}: U+{ord(text[position]):04X}"


def _shapes(text: str, position: int) -> bool:
    """Whether a hidden character shapes what is drawn: a joiner in a script or emoji, an emoji's style."""
    before, after = text[:position][-1:], text[position + 1 :][:1]
    if text[position] in _JOINERS:
        return (_drawn(before) or before in _EMOJI_STYLES) and _drawn(after)
    return text[position] in _EMOJI_STYLES and (_drawn(before) or before in "#*0123456789")


def _drawn(character: str) -> bool:
    return not character.isascii() and not is_hidden(character)
