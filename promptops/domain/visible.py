"""Text with nothing hidden in it: characters a reader cannot see become `⟨U+202E⟩`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_ASCII = re.compile(r"[\n\t\x20-\x7e]*")
_JOINERS = "\u200c\u200d"
_EMOJI_STYLES = "\ufe0e\ufe0f"
_LINE = re.compile(r"[\x20-\x7e]*")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
#: Letters and marks that are drawn as nothing: fillers, joiners, variation selectors.
_HIDDEN_OTHERS = (
    frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0})
    | frozenset(range(0xFE00, 0xFE10))
    | frozenset(range(0x180B, 0x180E))
    | frozenset(range(0xE0100, 0xE01F0))
)


def visible(text: str) -> str:
    """The same text, every character that is drawn as nothing spelled out; line feeds and tabs stay."""
    if _ASCII.fullmatch(text):
        return text
    return "".join(f"⟨U+{ord(character):04X}⟩" if is_hidden(character) else character for character in text)


def one_line(text: str) -> str:
    """The text on one line with nothing hidden in it, for terminals and logs."""
    return text if _LINE.fullmatch(text) else visible(text).replace("\n", "\\n").replace("\t", "\\t")


def is_hidden(character: str) -> bool:
    """Whether one character is drawn as nothing, or as a blank that is not the space bar's."""
    if character in " \n\t":
        return False
    return unicodedata.category(character) in _HIDDEN_CATEGORIES or ord(character) in _HIDDEN_OTHERS


def hidden_at(text: str) -> Iterator[int]:
    """The positions of what a reader cannot see; blanks, and what shapes its neighbours, are seen."""
    if _ASCII.fullmatch(text):
        return
    for position, character in enumerate(text):
        if is_hidden(character) and unicodedata.category(character) != "Zs" and not _shapes(text, position):
            yield position


def _shapes(text: str, position: int) -> bool:
    """Whether a hidden character shapes what is drawn: a joiner in a script or emoji, an emoji's style."""
    before, after = text[max(position - 1, 0) : position], text[position + 1 : position + 2]
    if text[position] in _JOINERS:
        return (_drawn(before) or before in _EMOJI_STYLES) and _drawn(after)
    return text[position] in _EMOJI_STYLES and (_drawn(before) or before in "#*0123456789")


def _drawn(character: str) -> bool:
    return not character.isascii() and not is_hidden(character)
