"""Reusable texts: where `{{> block-id}}` stands, the block is put, and blocks within blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptops.domain.checks import MAX_TEXT_BYTES
from promptops.domain.errors import BlockCycle, MissingBlock, TooDeep, TooLarge, shown

MAX_DEPTH = 10
#: `{{{{` is a literal `{{` and is matched first, so that what follows it is no include.
_INCLUDE = re.compile(r"\{\{\{\{|\{\{>([^{}\n]*)\}\}")


class Inliner:
    """Puts blocks into texts; `used` are the ids of all that were needed, in the order of their first use."""

    def __init__(self, blocks: Mapping[str, str]) -> None:
        self._blocks = blocks
        self._inlined: dict[str, str] = {}

    @property
    def used(self) -> tuple[str, ...]:
        return tuple(self._inlined)

    def inline(self, text: str, place: str) -> str:
        """The text with its blocks, each without its final line feeds; `place` names the text in errors.

        Raises MissingBlock, BlockCycle, TooDeep, or TooLarge as soon as it is.
        """
        return self._expand(text, place, ())

    def _expand(self, text: str, place: str, path: tuple[str, ...]) -> str:
        parts: list[str] = []
        size = end = 0
        for match in _INCLUDE.finditer(text):
            name = match.group(1)
            found = match.group() if name is None else self._block(name.strip(), place, path)
            parts += [text[end : match.start()], found]
            end = match.end()
            size += len(parts[-1]) + len(parts[-2])
            if size > MAX_TEXT_BYTES:
                what = f"{place} has more than {MAX_TEXT_BYTES} bytes with its blocks"
                raise TooLarge(what, "Include less.")
        return "".join([*parts, text[end:]])

    def _block(self, name: str, place: str, path: tuple[str, ...]) -> str:
        if name in path:
            circle = "→".join([*path[path.index(name) :], name])
            raise BlockCycle(f"blocks include each other: {circle}", "Let one of them not include the next.")
        if name not in self._blocks:
            known = ", ".join(sorted(self._blocks)) or "none"
            what = f"{place} includes {shown(name)}, which is not there"
            raise MissingBlock(what, f"Known blocks: {known}.")
        if len(path) >= MAX_DEPTH:
            raise TooDeep(f"{place} includes blocks more than {MAX_DEPTH} deep", "Flatten them.")
        if name not in self._inlined:
            expanded = self._expand(self._blocks[name].rstrip("\n"), f"block {name}", (*path, name))
            self._inlined[name] = expanded
        return self._inlined[name]


def without_includes(text: str) -> str:
    """The text with blanks where its includes stand, so that lines and columns stay what they are."""
    return _INCLUDE.sub(lambda match: " " * len(match[0]) if match[1] is not None else match[0], text)
