"""Text as sentences, words and word stems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_LABEL = re.compile(r"^\s*(?:[A-Za-z]{1,8} ?)?\d+(?:\.\d+)*[.:)]\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?。])[\"')\]]*\s+")
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_SUFFIXES = (
    ("ies", "y"),
    ("ied", "y"),
    ("ations", "at"),
    ("ation", "at"),
    ("ions", ""),
    ("ion", ""),
    ("ings", ""),
    ("ing", ""),
    ("ed", ""),
    ("ery", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
    ("y", ""),
)
_SHORTEST_STEM = 3
_DOUBLED = re.compile(r"([bdfgkmnprtv])\1$")


@dataclass(frozen=True)
class Sentence:
    """One sentence; `heading` is the line ending in a colon above the list it stands in, or empty."""

    text: str
    heading: str = ""
    bullet: bool = False


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text in order; lines wrapped inside a sentence are joined first."""
    found: list[Sentence] = []
    heading = ""
    for paragraph in re.split(r"\n\s*\n", text):
        for line in _logical_lines(paragraph):
            listed = bool(_BULLET.match(line))
            body = _BULLET.sub("", line)
            label = _LABEL.match(body)
            start = label.end() if label else 0
            parts = [part for part in _SENTENCE_END.split(body[start:]) if part.strip()]
            if parts and start:
                parts[0] = body[:start] + parts[0]
            found += [Sentence(part.strip(), heading if listed else "", listed) for part in parts]
            if not listed:
                heading = body.strip() if body.rstrip().endswith(":") else ""
    return found


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return [match.group(0).lower().replace("\u2019", "'") for match in _WORD.finditer(text)]


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A word without its commonest English endings, so that `denied` and `deny` compare equal."""
    for suffix, replacement in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) + len(replacement) >= _SHORTEST_STEM:
            shortened = word[: len(word) - len(suffix)] + replacement
            if suffix in ("ed", "ing", "ings") and _DOUBLED.search(shortened):
                return shortened[:-1]
            return (
                shortened[:-1] if shortened.endswith("y") and len(shortened) > _SHORTEST_STEM else shortened
            )
    return word


def stems(text: str) -> set[str]:
    """The stems of all words of a text."""
    return {stem(word) for word in words(text)}


def _logical_lines(paragraph: str) -> Iterator[str]:
    current = ""
    for line in paragraph.splitlines():
        starts_anew = _BULLET.match(line) or _LABEL.match(line) or line.lstrip().startswith("#")
        ended = current.rstrip()[-1:] in ".!?;" or (_ends_if_capital_follows(current) and line[:1].isupper())
        if current and (starts_anew or ended):
            yield current
            current = ""
        current = f"{current} {line.strip()}" if current else line
    if current.strip():
        yield current


def _ends_if_capital_follows(line: str) -> bool:
    return bool(_BULLET.match(line)) or line.rstrip().endswith(":")
