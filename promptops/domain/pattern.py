"""Patterns authors write, searched for in linear time.

Backtracking, as Python's `re` does it, takes exponential time for a pattern such as `(a+)+$`, and holds up
the whole process. Here all ways are followed at once, one character at a time, and where they lead is
remembered (Thompson 1968; as in RE2 and Go).
"""

from __future__ import annotations

from functools import lru_cache

from promptops.domain.errors import GraderUnavailable, InvalidDataset, shown
from promptops.domain.pattern_syntax import (
    WORD,
    Chars,
    Choice,
    Edge,
    Node,
    Ranges,
    Repeat,
    Sequence,
    parse_pattern,
)

MAX_STEPS = 2_000
#: Steps of the pattern times characters: some seconds in the worst case.
MAX_WORK = 50_000_000
_MAX_REMEMBERED = 2_000
_START, _WORD, _OTHER, _END = "start", "word", "other", "end"
_MATCHED = -1


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> Pattern:
    """The pattern in the text; raises InvalidDataset when it is none."""
    return Pattern(text)


class Pattern:
    """Says whether a text holds a match anywhere; safe to share between threads."""

    def __init__(self, text: str) -> None:
        self.text = text
        #: Step: characters it takes, a kind of edge it passes, or None for nothing; and the steps after it.
        self._steps: list[tuple[Ranges | str | None, tuple[int, ...]]] = []
        self._calls = 0
        self._first_step = self._lay(parse_pattern(text), _MATCHED)
        self._forget()

    def search(self, text: str) -> bool:
        if len(text) * len(self._steps) > MAX_WORK:
            # Neither is quoted: the pattern may stand in a sensitive case.
            raise GraderUnavailable(
                f"a text has {len(text)} characters, too many for its pattern", "Simplify the pattern."
            )
        place = self._first
        for character in text:
            following = place.after.get(character)
            if following is None:
                following = self._follow(place, character)
            if following.matched:
                return True
            place = following
        return _MATCHED in self._reached(place.steps, place.before, _END)

    def _lay(self, node: Node, then: int) -> int:
        """Add the steps of a node before the step `then`; the first of them."""
        self._calls += 1
        if max(self._calls, len(self._steps)) > MAX_STEPS:
            raise InvalidDataset(f"the pattern {shown(self.text)} repeats too much", "Lower its {…}.")
        if isinstance(node, Chars):
            return self._add(node.ranges, then)
        if isinstance(node, Edge):
            return self._add(node.kind, then)
        if isinstance(node, Sequence):
            for part in reversed(node.parts):
                then = self._lay(part, then)
            return then
        if isinstance(node, Choice):
            return self._add(None, *(self._lay(part, then) for part in node.parts))
        return self._repeat(node, then)

    def _repeat(self, node: Repeat, then: int) -> int:
        entry = then
        if node.most is None:
            entry = self._add(None)
            self._steps[entry] = (None, (self._lay(node.part, entry), then))
        else:
            for _ in range(node.most - node.least):
                entry = self._add(None, self._lay(node.part, entry), then)
        for _ in range(node.least):
            entry = self._lay(node.part, entry)
        return entry

    def _add(self, what: Ranges | str | None, *then: int) -> int:
        self._steps.append((what, then))
        return len(self._steps) - 1

    def _forget(self) -> None:
        self._places: dict[tuple[frozenset[int], str], _Place] = {}
        self._remembered = 0
        self._first = self._place(frozenset([self._first_step]), _START)

    def _place(self, steps: frozenset[int], before: str) -> _Place:
        place = self._places.get((steps, before))
        if place is None:
            place = self._places[steps, before] = _Place(steps, before)
        return place

    def _follow(self, place: _Place, character: str) -> _Place:
        """Where a character leads to from there, and remember it."""
        code = ord(character)
        kind = _WORD if _within(code, WORD) else _OTHER
        reached = self._reached(place.steps, place.before, kind)
        if _MATCHED in reached:
            following = _FOUND
        else:
            # A match may begin at each character.
            steps = {self._first_step}
            for step in reached:
                what, then = self._steps[step]
                if isinstance(what, tuple) and _within(code, what):
                    steps.update(then)
            if self._remembered > _MAX_REMEMBERED:
                self._forget()
            following = self._place(frozenset(steps), kind)
        self._remembered += 1
        place.after[character] = following
        return following

    def _reached(self, steps: frozenset[int], before: str, after: str) -> set[int]:
        """The steps that can be come to from these without taking a character."""
        at_word_edge = (before == _WORD) != (after == _WORD)
        open_edges = {"^": before == _START, "$": after == _END, "b": at_word_edge, "B": not at_word_edge}
        reached: set[int] = set()
        waiting = list(steps)
        while waiting:
            step = waiting.pop()
            if step in reached:
                continue
            reached.add(step)
            if step == _MATCHED:
                continue
            what, then = self._steps[step]
            if what is None or (isinstance(what, str) and open_edges[what]):
                waiting += then
        return reached


class _Place:
    """All steps a text may be at after a character of the kind `before`, and where each next one leads."""

    __slots__ = ("after", "before", "matched", "steps")

    def __init__(self, steps: frozenset[int], before: str, *, matched: bool = False) -> None:
        self.steps = steps
        self.before = before
        self.matched = matched
        self.after: dict[str, _Place] = {}


_FOUND = _Place(frozenset(), _OTHER, matched=True)


def _within(code: int, ranges: Ranges) -> bool:
    return any(low <= code <= high for low, high in ranges)
