"""What may be let through, and what never."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from promptops.domain.allowances import Allowances
from promptops.domain.errors import InvalidMetadata, InvalidMetadataType, InvalidReason, shown
from promptops.domain.request import check_reason
from promptops.domain.secret_scan import SECRETS
from promptops.domain.visible import is_hidden

MAX_CHARACTERS = 10
_CODE_POINT = re.compile(r"U\+([0-9A-F]{4,6})")
#: They turn a text around, or carry a second text that nobody sees.
_NEVER = (
    frozenset(range(0x202A, 0x202F))
    | frozenset(range(0x2066, 0x206A))
    | frozenset(range(0xE0000, 0xE0200))
    | frozenset({0xFEFF})
)


def read_allowances(document: Mapping[str, object]) -> Allowances:
    """The allowances in a source; raises InvalidMetadata and its leaves."""
    return Allowances(_invisible(document.get("allow_invisible")), _secrets(document.get("allow_secret")))


def may_be_allowed(character: str) -> bool:
    """Whether a character is merely unseen, rather than one that controls, turns or tags a text."""
    unseen = is_hidden(character) and unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn")
    return unseen and ord(character) not in _NEVER


def _invisible(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or len(value) > MAX_CHARACTERS:
        what = f"allow_invisible is not a list of up to {MAX_CHARACTERS}"
        raise InvalidMetadataType(what, "Write e.g. allow_invisible: [U+00AD].")
    return tuple(_point(item) for item in value)


def _point(item: object) -> str:
    match = _CODE_POINT.fullmatch(item) if isinstance(item, str) else None
    code = int(match[1], 16) if match else -1
    if match is None or code > 0x10FFFF:
        raise InvalidMetadata(f"allow_invisible holds {shown(item)}", "Write each as U+00AD.")
    if not may_be_allowed(chr(code)):
        fix = "Only what is merely unseen may be listed, never what controls, turns or tags a text."
        raise InvalidMetadata(f"allow_invisible may not hold {match[0]}", fix)
    return match[0]


def _secrets(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidMetadataType("allow_secret is not a mapping", "Write {kind: why it is none}.")
    kinds = [kind.name for kind in SECRETS]
    for kind, reason in value.items():
        if kind not in kinds:
            raise InvalidMetadata(f"allow_secret names {shown(kind)}", f"Known: {', '.join(kinds)}.")
        try:
            check_reason(reason)
        except InvalidReason as error:
            what = f"allow_secret of {kind}: {error.what}"
            raise InvalidMetadata(what, "Say why it is no secret.") from error
    return dict(value)
