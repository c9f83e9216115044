"""Prompt ids, version numbers and the `prompt@version` people type."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from promptops.domain.errors import InvalidPromptId, InvalidVersion, ReservedPromptId, shown

MAX_ID_CHARS = 64
RESERVED_IDS = frozenset({"current", "latest", "settings", "family", "evidence"})
RESERVED_PREFIXES = ("aws-", "ssm-")

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])")
_VERSION = re.compile(r"v([1-9][0-9]{0,5})")


@dataclass(frozen=True, order=True)
class PromptRef:
    """One version of one prompt, written `support-ticket@v12`."""

    prompt_id: str
    version: int

    def __str__(self) -> str:
        return f"{self.prompt_id}@v{self.version}"

    @classmethod
    def parse(cls, text: str) -> PromptRef:
        """The reference in `support-ticket@v12`; raises InvalidPromptId or InvalidVersion."""
        prompt_id, at, version = text.partition("@")
        check_prompt_id(prompt_id)
        if not at:
            raise InvalidVersion(
                f"{shown(text)} names no version", f"Write it as {prompt_id}@v<number>, e.g. {prompt_id}@v12."
            )
        return cls(prompt_id, parse_version(version))


def check_prompt_id(prompt_id: str) -> str:
    """The same id if it is one: 2 to 64 of a-z, 0-9 and '-', which may not lead, trail or double."""
    if not isinstance(prompt_id, str):
        raise InvalidPromptId(f"{shown(prompt_id)} is not a prompt id: no text", "Send it as text.")
    if prompt_id in RESERVED_IDS or prompt_id.startswith(RESERVED_PREFIXES):
        raise ReservedPromptId(f"{shown(prompt_id)} is reserved", "Choose another prompt id.")
    if len(prompt_id) <= MAX_ID_CHARS and _ID.fullmatch(prompt_id) and "--" not in prompt_id:
        return prompt_id
    raise InvalidPromptId(
        f"{shown(prompt_id)} is not a prompt id: {_broken_rule(prompt_id)}", _id_fix(prompt_id)
    )


def parse_version(text: str) -> int:
    """The number in `v12`; raises InvalidVersion for every other spelling."""
    match = _VERSION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise InvalidVersion(f"{shown(text)} is not a version", "Use v<number>, e.g. v12.")
    return int(match.group(1))


def sort_key(version: int) -> str:
    """The version as a registry key that sorts as numbers do: 12 is `v000012`."""
    return f"v{version:06d}"


def _broken_rule(prompt_id: str) -> str:
    if len(prompt_id) < 2 or len(prompt_id) > MAX_ID_CHARS:
        return f"{len(prompt_id)} characters, allowed are 2 to {MAX_ID_CHARS}"
    for position, character in enumerate(prompt_id, start=1):
        if not (character.isascii() and (character.islower() or character.isdigit() or character == "-")):
            name = unicodedata.name(character, "unnamed")
            return f"character {position} is U+{ord(character):04X} {name}"
    if "--" in prompt_id:
        return "'--' is not allowed"
    return "it may not begin or end with '-'"


def _id_fix(prompt_id: str) -> str:
    lowered = prompt_id.lower()
    if lowered != prompt_id and _ID.fullmatch(lowered):
        return f"It must be lower case; did you mean '{lowered}'?"
    return "Use a-z, 0-9 and '-', 2 to 64 characters."
