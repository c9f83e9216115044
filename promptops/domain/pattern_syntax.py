"""Regular expressions as JavaScript writes them without flags, less what cannot be matched in linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promptops.domain.errors import InvalidDataset, shown

MAX_CHARS = 1_000
MAX_REPEATS = 1_000
MAX_DEPTH = 30
LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Chars:
    """One character out of these ranges, both ends in them."""

    ranges: Ranges


@dataclass(frozen=True)
class Edge:
    """A place between characters: `^`, `$`, `b` (a word begins or ends), `B` (none does)."""

    kind: str


@dataclass(frozen=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """`most` is None where there is no limit."""

    part: Node
    least: int
    most: int | None


Node = Chars | Edge | Sequence | Choice | Repeat


def others(ranges: Ranges) -> Ranges:
    """Every character that is in none of them."""
    free, start = [], 0
    for low, high in sorted(ranges):
        if low > start:
            free.append((start, low - 1))
        start = max(start, high + 1)
    return (*free, (start, LAST)) if start <= LAST else tuple(free)


def _of(characters: str) -> Ranges:
    return tuple((ord(character), ord(character)) for character in characters)


_LINE_ENDS = _of("\n\r\u2028\u2029")
_SPACES = (*_of("\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"), (0x2000, 0x200A))
_DIGITS: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_CLASSES = {
    "d": _DIGITS, "D": others(_DIGITS), "w": WORD, "W": others(WORD), "s": _SPACES, "S": others(_SPACES),
}  # fmt: skip
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f", "0": "\0"}
_COUNTS = re.compile(r"\{(\d++)(,(\d*+))?\}", re.ASCII)
_NAMED = re.compile(r"<[A-Za-z_$][\w$]*>", re.ASCII)
_HEX = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})")


def parse_pattern(text: str) -> Node:
    """The expression in the text; raises InvalidDataset with the place of what is wrong."""
    if len(text) > MAX_CHARS:
        raise InvalidDataset(f"a pattern has {len(text)} characters, limit {MAX_CHARS}", "Split it up.")
    return _Reader(text).whole()


class _Reader:
    """Reads from left to right, one method a level: choice, sequence, repetition, atom."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._names: set[str] = set()

    def whole(self) -> Node:
        node = self._choice()
        if self._at < len(self._text):
            raise self._wrong("a ) closes nothing")
        return node

    def _choice(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._wrong(f"groups are nested more than {MAX_DEPTH} deep")
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._atom()))
        return Sequence(tuple(parts))

    def _repeated(self, atom: Node) -> Node:
        counts = self._counts()
        if counts is None:
            return atom
        if isinstance(atom, Edge):
            raise self._wrong("nothing stands there to be repeated")
        self._take("?")  # Which of several matches is preferred does not matter to whether there is one.
        if self._counts() is not None:
            raise self._wrong("a repetition is repeated", "Put the inner one in (?:…).")
        least, most = counts
        if (most is not None and most < least) or max(least, most or 0) > MAX_REPEATS:
            raise self._wrong(
                "a repetition has these limits", f"Write at most {{0,{MAX_REPEATS}}}, or {{1,}}."
            )
        return Repeat(atom, least, most)

    def _counts(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return counts
        match = _COUNTS.match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        least, more, most = match.groups()
        return int(least), int(least) if more is None else int(most) if most else None

    def _atom(self) -> Node:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._brackets()
        if character == ".":
            return Chars(others(_LINE_ENDS))
        if character in "^$":
            return Edge(character)
        if character == "\\" and self._text[self._at : self._at + 1] in ("b", "B"):
            return Edge(self._next())
        if character == "\\":
            return Chars(self._escaped())
        if character in "*+?" or (character == "{" and _COUNTS.match(self._text, self._at - 1)):
            raise self._wrong("nothing stands there to be repeated")
        return Chars(_of(character))

    def _group(self) -> Node:
        if self._take("?") and not self._take(":"):
            match = _NAMED.match(self._text, self._at)
            if match is None:
                raise self._wrong(
                    "only (…), (?:…) and (?<name>…) are groups here",
                    "Lookaround cannot be checked in linear time: use several assertions, such as not-regex.",
                )
            if match.group() in self._names:
                raise self._wrong("the name of a group is taken")
            self._names.add(match.group())
            self._at = match.end()
        node = self._choice()
        if not self._take(")"):
            raise self._wrong("a ( is not closed")
        return node

    def _brackets(self) -> Chars:
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        while not self._take("]"):
            low = self._member()
            if self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 : self._at + 2] not in (
                "",
                "]",
            ):
                self._at += 1
                high = self._member()
                if any(len(side) != 1 or side[0][0] != side[0][1] for side in (low, high)) or low > high:
                    raise self._wrong("a range of characters runs backwards or has no ends")
                ranges.append((low[0][0], high[0][0]))
            else:
                ranges += low
        return Chars(others(tuple(ranges)) if negated else tuple(ranges))

    def _member(self) -> Ranges:
        character = self._next()
        if character != "\\":
            return _of(character)
        return _of("\b") if self._take("b") else self._escaped()

    def _escaped(self) -> Ranges:
        character = self._next()
        if character in _CLASSES:
            return _CLASSES[character]
        match = _HEX.match(self._text, self._at - 1)
        if match:
            self._at = match.end()
            return _of(chr(int(match.group(1) or match.group(2), 16)))
        digit_follows = self._text[self._at : self._at + 1].isdecimal()
        if character in _CONTROLS and not (character == "0" and digit_follows):
            return _of(_CONTROLS[character])
        if character.isascii() and character.isalnum():
            raise self._wrong(
                f"\\{character} is not known here",
                "Known: \\d \\w \\s \\b, these in capitals, \\n \\r \\t \\v \\f \\0 \\xHH \\uHHHH.",
            )
        return _of(character)

    def _next(self) -> str:
        if self._at == len(self._text):
            raise self._wrong("it ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _take(self, character: str) -> bool:
        taken = self._text.startswith(character, self._at)
        self._at += taken
        return taken

    def _wrong(self, what: str, fix: str = "Correct it.") -> InvalidDataset:
        return InvalidDataset(f"the pattern {shown(self._text)} is wrong at {self._at}: {what}", fix)
