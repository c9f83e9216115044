"""The pointer an application follows: `/prompt-ops/{env}/{prompt_id}/current`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from promptops.domain.canonical import canonical
from promptops.domain.errors import InvalidVersion, MalformedPointer, shown
from promptops.domain.identifiers import parse_version

SCHEMA = 1
PointerState = Literal["live", "retired", "revoked"]
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Pointer:
    """Which version is live, as of which revision, with the digest its bytes must have."""

    version: int
    revision: int
    sha256: str
    state: PointerState = "live"

    def to_text(self) -> str:
        """The parameter's value; always under 300 bytes."""
        document = {
            "schema": SCHEMA,
            "version": f"v{self.version}",
            "revision": self.revision,
            "sha256": self.sha256,
            "state": self.state,
        }
        return canonical(document).decode()


@dataclass(frozen=True)
class BarePointer:
    """`vN` typed by a human in an emergency; honoured only with that version's release record."""

    version: int


def parse_pointer(text: str) -> Pointer | BarePointer:
    """What the parameter says; raises MalformedPointer for anything but the two forms."""
    if not text.startswith("{"):
        try:
            return BarePointer(parse_version(text))
        except InvalidVersion as error:
            raise _malformed(text) from error
    try:
        document = json.loads(text)
        return _from_document(document)
    except (ValueError, KeyError, TypeError, InvalidVersion, RecursionError) as error:
        raise _malformed(text) from error


def _from_document(document: Mapping[str, object]) -> Pointer:
    revision, sha256, state = document["revision"], document["sha256"], document["state"]
    if document["schema"] != SCHEMA or type(revision) is not int or revision < 1:
        raise ValueError("schema or revision")
    if not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        raise ValueError("sha256")
    if state not in ("live", "retired", "revoked"):
        raise ValueError("state")
    return Pointer(parse_version(str(document["version"])), revision, sha256, state)


def _malformed(text: str) -> MalformedPointer:
    return MalformedPointer(
        f"the pointer holds {shown(text)}",
        "Last known good is served; the reconciler repairs it from the ledger.",
    )
