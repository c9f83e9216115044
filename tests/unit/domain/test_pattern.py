"""Promises of patterns: they find what a backtracking engine finds, in linear time whatever is written."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from promptops.domain import pattern as pattern_module
from promptops.domain.errors import GraderUnavailable, InvalidDataset
from promptops.domain.pattern import Pattern, compile_pattern

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "é",
        "1",
        "-",
        ".",
        r"\d",
        r"\w",
        r"\W",
        "[ab]",
        "[^a]",
        "[a-c1]",
        r"[^\w-]",
        r"\b",
        "^",
        "$",
        r"\n",
    ]
)
TIMES = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{2,}", "{0}", "*?", "+?"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda two: f"({two[0]}|{two[1]})")
        | st.tuples(inner, TIMES).map(lambda two: f"(?:{two[0]}){two[1]}")
    ),
    max_leaves=8,
)


@given(PATTERNS, st.lists(st.text("ab1é-\n ", max_size=8), min_size=4, max_size=4))
@settings(max_examples=400, deadline=None)
def test_it_finds_what_a_backtracking_engine_finds(written: str, texts: list[str]):
    # There `$` also is before a line feed at the end.
    reference = re.compile(written.replace("$", r"\Z"), re.ASCII)
    found = Pattern(written)

    assert [found.search(text) for text in texts] == [bool(reference.search(text)) for text in texts]


@pytest.mark.parametrize(
    ("written", "found", "missed"),
    [
        ("", "", None),
        ("a|", "x", None),
        (r"^\s+$", "\u00a0\ufeff\u2003 \t", "\x1c"),
        (r"\S", "\x1c", "\u2028"),
        ("a.c", "a\x85c", "a\u2028c"),
        (r"^\w$", "_", "é"),
        (r"\d", "7", "\u0667"),
        (r"x$", "x", "x\n"),
        (r"[\]\-a]", "]", "b"),
        ("[-a]", "-", "b"),
        ("[a-]", "-", "b"),
        ("[^]", "\n", ""),
        ("[]", None, "a"),
        (r"[\b]", "\b", "b"),
        (r"\x41\u00e9\t\0", "Aé\t\0", "x41"),
        ("{", "{", "}"),
        ('{"a"}', '{"a"}', "a"),
        ("x{,2}", "x{,2}", "xx"),
        ("]", "]", "["),
        (r"\/\.\*", "/.*", "//*"),
        ("(?<year>[0-9]{4})", "2026", "206"),
        (r"\bcat\b", "a cat.", "concat"),
        (r"\Bat", "cat", "at"),
        (r"^$", "", "a"),
        ("(?:)*", "", None),
        ("(a*)*b", "aab", "aaa"),
        ("^(a?){30}a{30}$", "a" * 30, "a" * 29),
        ("🙂{2}", "🙂🙂", "🙂"),
    ],
)
def test_the_dialect_is_javascripts(written: str, found: str | None, missed: str | None):
    assert found is None or Pattern(written).search(found)
    assert missed is None or not Pattern(written).search(missed)


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("(", "is not closed"),
        (")", "closes nothing"),
        ("a)", "closes nothing"),
        ("[a", "ends too early"),
        ("a\\", "ends too early"),
        ("*a", "nothing stands there to be repeated"),
        ("a|+", "nothing stands there to be repeated"),
        ("{2}", "nothing stands there to be repeated"),
        ("^*", "nothing stands there to be repeated"),
        (r"\b+", "nothing stands there to be repeated"),
        ("a**", "a repetition is repeated"),
        ("a++", "a repetition is repeated"),
        ("a{2}{3}", "a repetition is repeated"),
        ("a{3,2}", "limits"),
        ("a{1001}", "limits"),
        ("a{999999999999}", "limits"),
        ("[b-a]", "range"),
        (r"[\d-z]", "range"),
        ("(?=a)", "Lookaround"),
        ("(?!a)", "Lookaround"),
        ("(?<=a)", "Lookaround"),
        ("(?i)a", "are groups here"),
        ("(?P<n>a)", "are groups here"),
        ("(?>a)", "are groups here"),
        ("(?<n>a)(?<n>b)", "name of a group is taken"),
        (r"(a)\1", "is not known here"),
        (r"\A", "is not known here"),
        (r"\p{L}", "is not known here"),
        (r"\u{41}", "is not known here"),
        (r"\01", "is not known here"),
        ("(" * 50 + ")" * 50, "nested"),
        ("a" * 1_001, "characters"),
        ("(a{1000}){1000}", "repeats too much"),
        ("((((){1000}){1000}){1000}){1000}", "repeats too much"),
    ],
)
def test_what_is_no_pattern_here_is_refused_with_its_place(written: str, wrong: str):
    with pytest.raises(InvalidDataset, match=wrong):
        Pattern(written)


@given(st.text(r"ab\()[]{}|*+?^$.,-:<>=!0d1", max_size=12))
@settings(max_examples=300)
def test_whatever_is_written_is_a_pattern_or_refused(written: str):
    try:
        found = Pattern(written)
    except InvalidDataset:
        return
    assert found.search("ab") in (True, False)


@pytest.mark.parametrize(
    "written",
    ["(a+)+$", "^(a|a)*$", "(a|aa)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "^a*a*a*a*a*a*a*$"],
)
def test_patterns_that_take_a_backtracking_engine_forever_are_searched_for_step_by_step(written: str):
    assert not Pattern(written).search("a" * 20_000 + "!")


def test_a_text_that_would_take_too_long_is_no_verdict():
    with pytest.raises(GraderUnavailable, match="120000 characters, too many for its pattern") as raised:
        Pattern("(?:canary|b){150}").search("canary" * 20_000)

    assert "canary" not in str(raised.value)


def test_what_is_remembered_is_forgotten_before_it_grows_too_large(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pattern_module, "_MAX_REMEMBERED", 10)
    found, free = Pattern("(a|b)*a(a|b){6}!"), re.compile("(a|b)*a(a|b){6}!")
    texts = [f"{number:012b}!".replace("0", "a").replace("1", "b") for number in range(0, 4096, 37)]

    assert [found.search(text) for text in texts] == [bool(free.search(text)) for text in texts]
    assert len(found._places) <= 12


def test_threads_may_share_a_pattern():
    shared = compile_pattern(r"^(\w+ )*end$")
    texts = [f"{'word ' * number}end{'!' * (number % 2)}" for number in range(200)]
    results: list[list[bool]] = []
    threads = [
        threading.Thread(target=lambda: results.append([shared.search(text) for text in texts]))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [[number % 2 == 0 for number in range(200)]] * 8


@given(PATTERNS)
@settings(max_examples=50)
def test_a_pattern_is_made_once(written: str):
    assume(len(written) < 200)

    assert compile_pattern(written) is compile_pattern(written)
