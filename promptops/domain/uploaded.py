"""Sensitive cases, which a prompt names by their digest instead of keeping them beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from promptops.domain.dataset import MAX_CASES
from promptops.domain.errors import InvalidMetadata, shown

EXAMPLE = "{sha256: …, cases: 120, sensitive: true}"
UPLOAD = f"Upload the cases with `promptops dataset upload FILE`, which prints dataset: {EXAMPLE}."
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class UploadedDataset:
    """Cases that were uploaded before, and how many they are; publish never sees them."""

    sha256: str
    cases: int

    @classmethod
    def from_dict(cls, document: object) -> UploadedDataset:
        """What prompt.yaml says under `dataset`; raises InvalidMetadata."""
        if not isinstance(document, Mapping) or set(document) != {"sha256", "cases", "sensitive"}:
            raise InvalidMetadata(f"dataset is {shown(document)}", UPLOAD)
        digest, cases = document["sha256"], document["cases"]
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise InvalidMetadata(f"dataset.sha256 is {shown(digest)}", UPLOAD)
        if isinstance(cases, bool) or not isinstance(cases, int) or not 1 <= cases <= MAX_CASES:
            raise InvalidMetadata(f"dataset.cases is {shown(cases)}", f"Write 1 to {MAX_CASES}.")
        if document["sensitive"] is not True:
            what = f"dataset.sensitive is {shown(document['sensitive'])}"
            raise InvalidMetadata(what, "Cases named by their digest are sensitive: true.")
        return cls(digest, cases)

    def to_dict(self) -> dict[str, object]:
        return {**asdict(self), "sensitive": True}
