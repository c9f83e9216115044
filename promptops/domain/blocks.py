"""Reusable texts: where `{{> block-id}}` stands, the block is put, and blocks within blocks.

`{{> block-id@sha256:0cfdb0bdd7ed}}` takes the block only if its digest begins so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from promptops.domain.canonical import sha256
from promptops.domain.checks import MAX_TEXT_BYTES
from promptops.domain.errors import (
    BlockChanged,
    BlockCycle,
    InvalidTemplate,
    MissingBlock,
    TooDeep,
    TooLarge,
    shown,
)

MAX_DEPTH = 10
BLOCK_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SHOWN_DIGITS = 12
#: `{{{{` is a literal `{{` and is matched first, so that what follows it is no include.
_INCLUDE = re.compile(r"\{\{\{\{|\{\{>([^{}\n]*)\}\}")
_PIN = re.compile(rf"sha256:([0-9a-f]{{{_SHOWN_DIGITS},64}})")


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

        Raises MissingBlock, BlockCycle, BlockChanged, InvalidTemplate, TooDeep, or TooLarge as soon as it is.
        """
        return self._expand(text, place, ())

    def _expand(self, text: str, place: str, path: tuple[str, ...]) -> str:
        parts: list[str] = []
        size = end = 0
        for match in _INCLUDE.finditer(text):
            name = match.group(1)
            found = match.group() if name is None else self._block(name, place, path)
            parts += [text[end : match.start()], found]
            end = match.end()
            size += len(parts[-1]) + len(parts[-2])
            if size > MAX_TEXT_BYTES:
                what = f"{place} has more than {MAX_TEXT_BYTES} bytes with its blocks"
                raise TooLarge(what, "Include less.")
        return "".join([*parts, text[end:]])

    def _block(self, include: str, place: str, path: tuple[str, ...]) -> str:
        name, pin = _name_and_pin(include, place)
        if name in path:
            circle = "→".join([*path[path.index(name) :], name])
            raise BlockCycle(f"blocks include each other: {circle}", "Let one of them not include the next.")
        if name not in self._blocks:
            known = ", ".join(sorted(self._blocks)) or "none"
            what = f"{place} includes {shown(name)}, which is not there"
            raise MissingBlock(what, f"Known blocks: {known}.")
        found = sha256(self._blocks[name].encode())
        if not found.startswith(pin):
            what = f"{place} pins block {name} at sha256:{pin[:_SHOWN_DIGITS]}, it is {found[:_SHOWN_DIGITS]}"
            raise BlockChanged(what, "Read what changed in the block, then change the pin.")
        if len(path) >= MAX_DEPTH:
            raise TooDeep(f"{place} includes blocks more than {MAX_DEPTH} deep", "Flatten them.")
        if name not in self._inlined:
            expanded = self._expand(self._blocks[name].rstrip("\n"), f"block {name}", (*path, name))
            self._inlined[name] = expanded
        return self._inlined[name]


def included(text: str) -> Iterator[str]:
    """The ids of the blocks a text includes, as it names them."""
    return (match[1].partition("@")[0].strip() for match in _INCLUDE.finditer(text) if match[1] is not None)


def _name_and_pin(include: str, place: str) -> tuple[str, str]:
    """The pin is as much of the digest as was written, empty without one."""
    name, at, digest = include.strip().partition("@")
    pin = _PIN.fullmatch(digest)
    if at and not pin:
        what = f"{place} pins block {shown(name.strip())} at {shown(digest)}"
        fix = (
            f"Write {{{{> name@sha256:…}}}}, {_SHOWN_DIGITS} to 64 digits; promptops show --json lists them."
        )
        raise InvalidTemplate(what, fix)
    return name.strip(), pin[1] if pin else ""


def without_includes(text: str) -> str:
    """The text with blanks where its includes stand, so that lines and columns stay what they are."""
    return _INCLUDE.sub(lambda match: " " * len(match[0]) if match[1] is not None else match[0], text)
