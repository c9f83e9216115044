"""upload: sensitive cases go into the restricted bucket, and their digest comes back."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from dataclasses import dataclass

from promptops.domain.canonical import sha256
from promptops.domain.dataset import outline, read_case
from promptops.domain.errors import InvalidDataset, TooLarge
from promptops.ports import Datasets

MAX_BYTES = 16 * 1024 * 1024
_GZIP = 31


@dataclass(frozen=True)
class Uploaded:
    """Cases that prompts can name now."""

    sha256: str
    cases: int

    def to_dict(self) -> dict[str, object]:
        """The answer of POST /v1/datasets."""
        return {"sha256": self.sha256, "cases": self.cases}


def pack(lines: str) -> str:
    """The cases as they are sent: compressed, in base64."""
    return base64.b64encode(gzip.compress(lines.encode(), mtime=0)).decode()


def upload(packed: str, *, datasets: Datasets) -> Uploaded:
    """The digest of these cases, which lie where only evaluate reads them; the same cases are stored once.

    No message holds a word of them. Raises InvalidDataset, EvaluationEmpty or TooLarge.
    """
    content = _unpacked(packed)
    cases = outline(content, quoting=False)
    for case in cases:
        read_case(case, None, quoting=False)
    datasets.store(content)
    return Uploaded(sha256(content), len(cases))


def _unpacked(packed: str) -> bytes:
    fix = "Send JSON lines, compressed with gzip, in base64."
    if not isinstance(packed, str):
        raise InvalidDataset(f"the cases are a {type(packed).__name__}", fix)
    unpacking = zlib.decompressobj(_GZIP)
    try:
        content = unpacking.decompress(base64.b64decode(packed, validate=True), MAX_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise InvalidDataset("the cases cannot be unpacked", fix) from error
    if len(content) > MAX_BYTES:
        raise TooLarge(f"the cases have more than {MAX_BYTES} bytes", "Keep those that tell versions apart.")
    if not unpacking.eof or unpacking.unused_data:
        raise InvalidDataset("the cases do not end where they should", fix)
    return content
