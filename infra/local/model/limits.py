"""The word limit stated in instructions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from infra.local.model.sentences import Sentence

BRIEF_WORDS = 80
WORDS_PER_SENTENCE = 22

_BELOW_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {name: value for value, name in enumerate(_BELOW_TWENTY.split())}
_VALUES |= {name: 10 * value for value, name in enumerate(_TENS.split(), start=2)}
_NAME = "|".join([*_VALUES, "hundred"])
_SPELLED = re.compile(rf"\b(?:(?:an?\s+)?hundred|{_NAME})(?:[\s-]+(?:and\s+)?(?:{_NAME})){{0,4}}\b", re.I)

_COUNT_OF_WORDS = re.compile(
    r"(?P<count>\d{1,6})(?:\s+(?:or|and)\s+(?:fewer|less|under|below))?[\s-]+(?P<unit>words?|sentences?)\b",
    re.I,
)
_LIMIT_THEN_COUNT = re.compile(
    r"\bwords?[\s-]+(?:limit|count|budget|cap|maximum|total|length)\b\D{0,40}?(?P<count>\d{1,6})", re.I
)
_MINIMUM = re.compile(
    r"(?:at least|minimum(?: of)?|no fewer than|not? less than|(?<!no )(?<!not )more than"
    r"|(?<!not )exceed(?:ing)?|longer than|over|above)\s*(?:the\s*)?$",
    re.I,
)
_NEGATED = re.compile(r"\b(?:not|never|no|without|n't|don't|avoid)\b[^.]{0,30}$", re.I)
_EXCLUSIVE = re.compile(
    r"\b(?:under|fewer than|less than|below|shorter than|beneath|smaller than)\b[^\d]{0,12}$", re.I
)
_BRIEF = re.compile(r"\b(?:brief|briefly|concise|concisely|succinct|succinctly|terse|tersely)\b", re.I)


def read_word_limit(sentences: Sequence[Sentence]) -> int | None:
    """The largest number of words the answer may have, or None when nothing limits it.

    `under 50 words` gives 49, `at most 50 words` gives 50; the tightest of several limits holds. A limit in
    sentences counts as 22 words each, a bare wish for brevity as 80 words.
    """
    limits = [limit for sentence in sentences for limit in _limits(with_digits(sentence.text))]
    if limits:
        return min(limits)
    return BRIEF_WORDS if any(_BRIEF.search(sentence.text) for sentence in sentences) else None


def with_digits(text: str) -> str:
    """The text with spelled-out numbers below one thousand written in digits."""
    return _SPELLED.sub(lambda match: str(_number(match.group(0))), text)


def _limits(text: str) -> list[int]:
    found = []
    for match in [*_COUNT_OF_WORDS.finditer(text), *_LIMIT_THEN_COUNT.finditer(text)]:
        count_at = match.start("count")
        before = text[max(0, count_at - 50) : count_at]
        minimum = _MINIMUM.search(before)
        if minimum and not _NEGATED.search(before[: minimum.start()]):
            continue
        count = int(match.group("count"))
        if match.groupdict().get("unit", "").lower().startswith("sentence"):
            count *= WORDS_PER_SENTENCE
        elif _EXCLUSIVE.search(before):
            count -= 1
        if count > 0:
            found.append(count)
    return found


def _number(spelled: str) -> int:
    total = 0
    for name in re.findall(r"[a-z]+", spelled.lower()):
        if name == "hundred":
            total = max(total, 1) * 100
        else:
            total += _VALUES.get(name, 0)
    return total
