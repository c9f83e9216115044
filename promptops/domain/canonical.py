"""One byte form of a document, and its digest."""

from __future__ import annotations

import hashlib
import json


def canonical(document: object) -> bytes:
    """The document as JSON bytes that are equal exactly when the documents are.

    UTF-8, keys sorted, no blanks, no NaN or infinity (ValueError).
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def sha256(content: bytes) -> str:
    """The digest in lower-case hex, 64 characters."""
    return hashlib.sha256(content).hexdigest()


def digest(document: object) -> str:
    """The sha256 of a document's canonical form."""
    return sha256(canonical(document))
