"""Checks of the graders that read texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.differential.check import Check, each

PLAIN = (
    "",
    " ",
    "card",
    "Card",
    "The card arrives within five working days.",
    "the card\narrives\n\ntomorrow\n",
    'He said "yes, please", twice',
    "Größe: ÄÖÜ äöü ß, İstanbul, 日本語のテキスト, emoji 👍🏽, nbsp\u00a0here",
    "null",
    "5",
    "5.0",
    "true",
    "a,b",
    "a, b",
    "undefined",
)
HUGE = "word " * 2_000 + "needle"
NUMBERS_AND_LISTS: tuple[Any, ...] = (5, 5.0, 2.5, True, None, [], ["a", "b"], {"a": 1}, {})


def checks() -> Iterator[Check]:
    """Every text grader, its negation, over plain, empty, Unicode and huge outputs."""
    yield from _equals()
    yield from _contains()
    yield from _contains_lists()
    yield from _starts_with()
    yield from _regex()
    yield from _word_count()
    yield from _levenshtein()
    yield from _variables()


def _assertions(kind: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [{"type": kind, "value": value} for value in values]


def _equals() -> Iterator[Check]:
    yield from each(_assertions("equals", ("card", "Card", " card", "5", "true")), PLAIN)
    yield from each(_assertions("equals", NUMBERS_AND_LISTS), PLAIN)
    documents = (
        '{"a": 1}',
        '{"a":1.0}',
        '{"a": true}',
        "[1, 2]",
        "[2, 1]",
        '{"b":[1,{"c":null}],"a":1}',
        "{}",
        "[",
    )
    values = ({"a": 1}, [1, 2], {"a": 1, "b": [1, {"c": None}]}, {"a": True}, {"a": "1"})
    yield from each(_assertions("equals", values), documents)
    yield from each([{"type": "equals"}], ("undefined", "card"), differs="value-required")


def _contains() -> Iterator[Check]:
    for kind in ("contains", "icontains"):
        values = ("card", "CARD", "within five", "\n", "日本", "größe", "İ", "👍", '"yes', 5, 2.5)
        yield from each(_assertions(kind, values), (*PLAIN, HUGE))
        yield from each(_assertions(kind, ("", None, 0, ["card"], {"a": 1})), ("card", "0", ""))
        yield from each(_assertions(kind, (True,)), ("true", "card"))


def _contains_lists() -> Iterator[Check]:
    for kind in ("contains-any", "contains-all", "icontains-any", "icontains-all"):
        values: tuple[Any, ...] = (
            ["card", "days"],
            ["CARD", "tomorrow"],
            ["absent"],
            ["a", "b"],
            "card, days",
            "a,b",
            '"yes, please", twice',
            ",,card,,",
            [5],
            ["5", 5.0],
        )
        yield from each(_assertions(kind, values), (*PLAIN, HUGE))
        yield from each(_assertions(kind, ("", None, 5, {"a": 1}, '"open')), ("card", ""))
        yield from each(_assertions(kind, ([True], [None])), ("card", "true", "null", ""))
        yield from each(_assertions(kind, ([], ",", [""])), ("card", "null", ""), differs="empty-lists")


def _starts_with() -> Iterator[Check]:
    values = ("The", "the", "card", "5", " ", "日本", "Größe")
    yield from each(_assertions("starts-with", values), (*PLAIN, HUGE))
    yield from each(_assertions("starts-with", ("", None, 5, ["The"])), ("The card", "5"))


def _regex() -> Iterator[Check]:
    patterns = (
        "card",
        "^card$",
        "^The .* days\\.$",
        "card\\narrives",
        "^arrives$",
        "\\d",
        "\\bfive\\b",
        "[äöü]",
        "\\w+",
        "^\\S+$",
        "\\s",
        "(?:yes|no)",
        "a|^$",
        "(a)(,) ?b",
        "\\u65e5",
        "[^\\n]+tomorrow",
        "d+$",
        "card{1,2}",
        "[A-Z][a-z]+",
        "\\.$",
        "(?<word>card)",
        "\\/|\\-|five",
    )
    yield from each(_assertions("regex", patterns), (*PLAIN, HUGE))
    yield from each(_assertions("regex", ("", None, 5, ["card"])), ("card", "5"))
    looking = ("(?=card)c", "(?!x)c", "(?<=the )card", "(?<!x)card", "(\\w)\\1", "(?<n>a).*\\k<n>")
    yield from each(_assertions("regex", looking), ("card", "the card", "aa"), differs="regex-linear")
    broken = ("(", "[z-a]", "*a", "a**", "(?P<n>a)", "(?i)card")
    yield from each(_assertions("regex", broken), ("card", "Card", "("), differs="regex-broken")
    yield from each(_assertions("regex", ("tomorrow$", "^\\d$")), ("tomorrow\n", "5\n", "٣"))
    yield from each(_assertions("regex", ("^.$", "^..$")), ("a", "é"))
    yield from each(_assertions("regex", ("^.$", "^..$")), ("👍",), differs="characters")
    yield from each(_assertions("regex", ("^\\w+$", "\\bg", "^\\W+$")), ("größe", "日本語", "abc"))


def _word_count() -> Iterator[Check]:
    bounds: tuple[Any, ...] = (
        0,
        1,
        7,
        "7",
        {"min": 2},
        {"max": 7},
        {"min": 2, "max": 7},
        {"min": 0, "max": 0},
        {"min": 2_000},
    )
    yield from each(_assertions("word-count", bounds), (*PLAIN, HUGE, "one\u2003two\ufeffthree"))
    yield from each(_assertions("word-count", (1, 2, 3)), ("a\u0085b\x1cc",), differs="spaces")
    unfit: tuple[Any, ...] = ({}, {"min": 5, "max": 2}, [1], None, "many", True, {"least": 3})
    yield from each(_assertions("word-count", unfit), ("one two", ""))
    never = (2.5, -1, {"min": 1.5})
    yield from each(_assertions("word-count", never), ("one two", ""), differs="never-met")


def _levenshtein() -> Iterator[Check]:
    thresholds: tuple[dict[str, Any], ...] = ({}, {"threshold": 0}, {"threshold": 1}, {"threshold": 3})
    for more in thresholds:
        assertions = [
            {"type": "levenshtein", "value": value, **more} for value in ("card", "cart", "Größe", "")
        ]
        outputs = ("card", "cards", "Card", "", "a very different text", "Groesse", "é", HUGE[:900])
        yield from each(assertions, outputs)
        emoji = [{"type": "levenshtein", "value": value, **more} for value in ("👍", "")]
        yield from each(emoji, ("👍", "👍🏽", "👎", "é"), differs="characters")
    yield from each(_assertions("levenshtein", (5, None, ["card"])), ("card", "5"))


def _variables() -> Iterator[Check]:
    variables = {"name": "card", "many": "card, days", "count": 7, "pattern": "c[a-z]+d", "braces": "{x}"}
    outputs = ("card", "The card arrives within five working days.", "7", "{x}", "")
    assertions: list[dict[str, Any]] = [
        {"type": "equals", "value": "{{name}}"},
        {"type": "equals", "value": "{{count}}"},
        {"type": "contains", "value": "The {{name}} arrives"},
        {"type": "contains", "value": "{{braces}}"},
        {"type": "contains-any", "value": ["{{name}}", "nothing"]},
        {"type": "contains-all", "value": "{{many}}"},
        {"type": "starts-with", "value": "{{ name }}"},
        {"type": "regex", "value": "^{{pattern}}$"},
        {"type": "word-count", "value": "{{count}}"},
        {"type": "levenshtein", "value": "{{name}}s"},
    ]
    yield from each(assertions, outputs, variables=variables)
    absent = [{"type": "contains", "value": "{{absent}}card"}]
    yield from each(absent, outputs, variables=variables, differs="unknown-variable")
