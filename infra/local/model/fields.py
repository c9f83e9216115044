"""The names of the fields that instructions ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile

from infra.local.model.sentences import Sentence

_CUE = re.compile(r"\b(?:fields?|keys?|propert(?:y|ies)|attributes?|members|entries|columns)\b", re.I)
_REQUEST = re.compile(
    r"\b(?:json|return|respond|reply|answer|output|produce|provide|give|write|emit|report|state|include|includes"
    r"|contain|contains|containing|fill|hand|deliver|supply)\b",
    re.I,
)
_OBJECT_KEY = re.compile(r"[{,]\s*[\"']([A-Za-z]\w*)[\"']\s*:")
_NAME = r"[`\"'*]*[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*[`\"'*]*"
_JOIN = (
    r"(?:\s*[,;/]\s*|\s+)(?:(?:and|plus|then|finally|as well as|along with|together with|followed by|&)\s+)?"
    r"(?:(?:the|an?|its)\s+)?"
)
_STRICT_JOIN = (
    rf"(?=\s*[,;/]|\s+(?:and|plus|then|as well as|along with|together with|followed by|&)\s){_JOIN}"
)
_RUN = re.compile(rf"{_NAME}(?:{_STRICT_JOIN}{_NAME})+")
_SPLIT = re.compile(
    r"\s*[,;/]\s*(?:and\s+|plus\s+)?|\s+(?:and|plus|as well as|along with|followed by|&)\s+", re.I
)
_LEAD = re.compile(
    r"^(?:(?:are|is|being|called|named|namely|exactly|only|these|following|the|an?|two|three|four|five|of)\b"
    r"|[:\s\u2013\u2014-])+",
    re.I,
)
_NEVER_NAMES = "json nothing no only with it them in as return respond and or not else that please into for"
_NEVER_A_NAME = frozenset(_NEVER_NAMES.split())
_LONGEST_NAME_WORDS = 4
_PARENTHESES = re.compile(r"(\w*)\s*\(([^)]*)\)")
_BULLET_NAME = re.compile(r"^[`\"'*]*([A-Za-z][\w ]*?)[`\"'*]*\s*(?:[:(=,.\u2013\u2014]|\s-\s|$)")


def read_fields(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    """The field names in the order asked for; names of several words come back in snake_case.

    Understands a list in a sentence, a bulleted list under a heading, and an object shown as an example.
    """
    for reader in (_from_object, _from_bullets, _from_lists, _from_quoted):
        names = _unique(reader(sentences))
        if names:
            return names
    return ()


def field_pattern(name: str) -> re.Pattern[str]:
    """Matches a mention of a field, written with underscores or spaces."""
    spelled = re.escape(name).replace("_", r"[_\s-]")
    return re.compile(rf"(?<![\w]){spelled}(?![\w])", re.I)


def _from_object(sentences: Sequence[Sentence]) -> list[str]:
    text = " ".join(sentence.text for sentence in sentences)
    return _OBJECT_KEY.findall(text)


def _from_bullets(sentences: Sequence[Sentence]) -> list[str]:
    names = []
    for sentence in sentences:
        if sentence.bullet and (_CUE.search(sentence.heading) or "json" in sentence.heading.lower()):
            match = _BULLET_NAME.match(sentence.text)
            if match and len(match.group(1).split()) <= _LONGEST_NAME_WORDS:
                names.append(_snake(match.group(1)))
    return names


def _from_lists(sentences: Sequence[Sentence]) -> list[str]:
    best: list[str] = []
    for sentence in sentences:
        text = _PARENTHESES.sub(_unwrapped_list, sentence.text).rstrip(" .!:;")
        cue = _CUE.search(text)
        if cue:
            best = max(best, _tail_list(text[cue.end() :]), key=len)
        if cue or _REQUEST.search(text):
            for run in _RUN.finditer(text):
                parts = [part for part in re.split(_STRICT_JOIN, run.group(0)) if _is_name(part)]
                if len(parts) > 1 and any(_marked(part) for part in parts):
                    best = max(best, [_snake(part) for part in parts], key=len)
    return best


def _unwrapped_list(match: re.Match[str]) -> str:
    """`fields (a, b)` as `fields a, b`; parentheses after anything else only explain and are dropped."""
    return f"{match[1]} {match[2]}" if _CUE.fullmatch(match[1]) else match[1]


def _from_quoted(sentences: Sequence[Sentence]) -> list[str]:
    names: list[str] = []
    for sentence in sentences:
        if _CUE.search(sentence.text) or "json" in sentence.text.lower():
            names += re.findall(r"[`\"']([A-Za-z]\w*)[`\"']", sentence.text)
            names += re.findall(r"\b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b", sentence.text)
            names += re.findall(r"\b(?:field|key|property) (?:named|called) (\w+)", sentence.text, re.I)
    return [name for name in names if _is_name(name)]


def _tail_list(tail: str) -> list[str]:
    parts = [_leading_name(_LEAD.sub("", part)) for part in _SPLIT.split(_LEAD.sub("", tail))]
    parts = [part for part in parts if part]
    short = all(len(part.split()) <= _LONGEST_NAME_WORDS and _is_name(_snake(part)) for part in parts)
    return [_snake(part) for part in parts] if short and (len(parts) > 1 or tail.startswith(":")) else []


def _leading_name(part: str) -> str:
    """The words before the first one that cannot be part of a name: `total in JSON` gives `total`."""
    return " ".join(takewhile(lambda word: word.lower() not in _NEVER_A_NAME, part.split()))


def _marked(part: str) -> bool:
    return "_" in part or part[0] in "`\"'*"


def _is_name(part: str) -> bool:
    bare = part.strip("`\"'*")
    return bool(re.fullmatch(r"[A-Za-z]\w*", bare)) and bare.lower() not in _NEVER_A_NAME


def _snake(part: str) -> str:
    return re.sub(r"\s+", "_", part.strip(" `\"'*"))


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
