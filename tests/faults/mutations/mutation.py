"""One mitigation, how to take it away, and the test that must notice."""

from __future__ import annotations

from dataclasses import dataclass

Edit = tuple[str, str, str]


@dataclass(frozen=True)
class Mutation:
    """`removes` says in words what is taken away; `old` stands exactly once in `file` and becomes `new`.

    `test` is the pytest id that guards it. `more` are further edits of the same mutation: a mitigation that
    is there twice is taken away twice.
    """

    area: str
    removes: str
    file: str
    old: str
    new: str
    test: str
    more: tuple[Edit, ...] = ()

    @property
    def edits(self) -> tuple[Edit, ...]:
        return ((self.file, self.old, self.new), *self.more)
