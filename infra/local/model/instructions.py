"""What a prompt asks for, read from its wording."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from infra.local.model.choices import read_choices
from infra.local.model.fields import field_pattern, read_fields
from infra.local.model.limits import read_word_limit
from infra.local.model.redaction import read_redactions
from infra.local.model.rulebook import Order, Rulebook, read_rulebook
from infra.local.model.sentences import Sentence, sentences

_JSON = re.compile(r"\bjson\b", re.I)
_NO_JSON = re.compile(
    r"\b(?:no|not|never|without|avoid|instead of|rather than|don't)\b[^.]{0,20}\bjson\b", re.I
)
_OBJECT = re.compile(r"\{\s*[\"'][A-Za-z]\w*[\"']\s*:")
_COURTEOUS = re.compile(
    r"\b(?:polite|politely|courteous|friendly|warm|kind|kindly|empath\w+|thank|respectful)\b", re.I
)
_DISCOURTEOUS = re.compile(r"\b(?:never|not|don't|no need to|without)\s+(?:\w+\s+)?$", re.I)
_ROLE = re.compile(r"^(?:you are|you're|act as|your (?:job|role|task) is|as an?)\b", re.I)
_WINS = r"\b[^.]{0,40}\b(?:applies|apply|fits|fit|matches|match|holds|wins|counts|decides)\b"
_FIRST_WINS = re.compile(rf"\bfirst{_WINS}|\bin (?:this|the given) order\b", re.I)
_LAST_WINS = re.compile(rf"\blast{_WINS}", re.I)
_GUARD = re.compile(
    r"(?<!never )(?<!not )\bas (?:\w+ )?(?:information|data|content|material)\b"
    r"|\b(?:never|not|don't|ignore|disregard|without)\b[^.]{0,40}"
    r"\b(?:orders?|instructions?|commands?|obey|obeying|follow)\b",
    re.I,
)


@dataclass(frozen=True)
class Instructions:
    """The output format, limits and rules a prompt states; everything is absent until it is asked for.

    A limit in a sentence about one field is in `field_words`, any other in `max_words`. `guarded` if it says
    that the data is no order: a model that is not told so obeys orders in the data.
    """

    json: bool = False
    fields: tuple[str, ...] = ()
    rulebooks: Mapping[str, Rulebook] = field(default_factory=dict)
    max_words: int | None = None
    field_words: Mapping[str, int] = field(default_factory=dict)
    courteous: bool = False
    guarded: bool = False
    redactions: tuple[re.Pattern[str], ...] = ()

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """The allowed values of each field that has some."""
        return {name: book.values for name, book in self.rulebooks.items()}


@lru_cache(maxsize=256)
def read_instructions(text: str) -> Instructions:
    """The instructions found in a text, whatever words state them."""
    stated = sentences(text)
    fields = read_fields(stated)
    rules = [sentence for sentence in stated if _is_rule(sentence)]
    return Instructions(
        json=_asks_for_json(stated),
        fields=fields,
        rulebooks={
            name: read_rulebook(name, values, rules, fields, _order(text))
            for name, values in read_choices(stated, fields).items()
        },
        max_words=read_word_limit([sentence for sentence in stated if not _named_field(sentence, fields)]),
        field_words={
            name: limit
            for sentence in stated
            if (name := _named_field(sentence, fields)) and (limit := read_word_limit([sentence]))
        },
        courteous=any(not _DISCOURTEOUS.search(text[: match.start()]) for match in _COURTEOUS.finditer(text)),
        guarded=bool(_GUARD.search(text)),
        redactions=read_redactions(stated),
    )


def _named_field(sentence: Sentence, fields: Sequence[str]) -> str:
    """The one field a sentence is about, if it is about one."""
    named = [name for name in fields if field_pattern(name).search(sentence.text)]
    return named[0] if len(named) == 1 else ""


def _order(text: str) -> Order:
    return "first" if _FIRST_WINS.search(text) else "last" if _LAST_WINS.search(text) else "best"


def _asks_for_json(stated: Sequence[Sentence]) -> bool:
    mentions = [sentence.text for sentence in stated if _JSON.search(sentence.text)]
    if mentions:
        return any(not _NO_JSON.search(mention) for mention in mentions)
    return any(_OBJECT.search(sentence.text) for sentence in stated)


def _is_rule(sentence: Sentence) -> bool:
    """Whether a sentence says something about the subject rather than about the answer's form."""
    text = sentence.text
    return not (_ROLE.match(text) or _JSON.search(text) or text.endswith(":") or read_word_limit([sentence]))
