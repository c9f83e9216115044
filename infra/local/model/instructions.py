"""What a prompt asks for, read from its wording."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from infra.local.model.choices import read_choices
from infra.local.model.fields import field_pattern, read_fields
from infra.local.model.limits import read_word_limit
from infra.local.model.sentences import Sentence, sentences

_JSON = re.compile(r"\bjson\b", re.I)
_NO_JSON = re.compile(
    r"\b(?:no|not|never|without|avoid|instead of|rather than|don't)\b[^.]{0,20}\bjson\b", re.I
)
_OBJECT = re.compile(r"\{\s*[\"'][A-Za-z]\w*[\"']\s*:")
_COURTEOUS = re.compile(
    r"\b(?:polite|politely|courteous|friendly|warm|kind|kindly|empath\w+|thank|respectful)\b", re.I
)
_ROLE = re.compile(r"^(?:you are|you're|act as|your (?:job|role|task) is|as an?)\b", re.I)
_FIRST_WINS = re.compile(
    r"\bfirst\b[^.]{0,40}\b(?:applies|apply|fits|fit|matches|match|holds|wins|counts)\b"
    r"|\bin (?:this|the given) order\b",
    re.I,
)


@dataclass(frozen=True)
class Instructions:
    """The output format, limits and rules a prompt states; everything is absent until it is asked for."""

    json: bool = False
    fields: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    max_words: int | None = None
    courteous: bool = False
    rules: tuple[str, ...] = ()
    first_rule_wins: bool = False


def read_instructions(text: str) -> Instructions:
    """The instructions found in a text, whatever words state them."""
    stated = sentences(text)
    fields = read_fields(stated)
    choices = read_choices(stated, fields)
    return Instructions(
        json=_asks_for_json(stated),
        fields=fields,
        choices=choices,
        max_words=read_word_limit(stated),
        courteous=bool(_COURTEOUS.search(text)),
        rules=tuple(sentence.text for sentence in stated if _is_rule(sentence, fields)),
        first_rule_wins=bool(_FIRST_WINS.search(text)),
    )


def _asks_for_json(stated: Sequence[Sentence]) -> bool:
    mentions = [sentence.text for sentence in stated if _JSON.search(sentence.text)]
    if mentions:
        return any(not _NO_JSON.search(mention) for mention in mentions)
    return any(_OBJECT.search(sentence.text) for sentence in stated)


def _is_rule(sentence: Sentence, fields: Sequence[str]) -> bool:
    """Whether a sentence says something about the subject rather than about the answer's form."""
    text = sentence.text
    if _ROLE.match(text) or _JSON.search(text) or text.endswith(":") or read_word_limit([sentence]):
        return False
    return not any(field_pattern(name).search(text) for name in fields)
