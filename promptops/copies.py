"""The archive read back: every copy at the place of its row."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from promptops.contract import names
from promptops.domain.audit import Copy
from promptops.domain.errors import DigestMismatch
from promptops.ports import Archive

#: One GetObject a copy: side by side, or an archive of some size takes minutes.
READERS = 8
Numbered = Mapping[int, Copy]


class Copies:
    """Copies by their numbers; one that is not what was archived is None. An empty `prompt_id` means all."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def releases(self, environment: str, prompt_id: str = "") -> Mapping[str, Numbered]:
        """By prompt and revision."""
        return self._of_prompts(names.archived_release_key(environment, prompt_id or "*", "*"), prompt_id)

    def freezes(self, environment: str) -> Numbered:
        """By sequence."""
        return self._of_prompts(names.archived_freeze_key(environment, "*"), "").get("", {})

    def versions(self, prompt_id: str = "") -> Mapping[str, Numbered]:
        """By prompt and version."""
        return self._of_prompts(names.archived_version_key(prompt_id or "*", "*"), prompt_id)

    def revocations(self, prompt_id: str = "") -> Mapping[str, Numbered]:
        """By prompt and sequence."""
        return self._of_prompts(names.archived_revocation_key(prompt_id or "*", "*"), prompt_id)

    def records(self, environment: str, prompt_id: str = "") -> Mapping[str, Numbered]:
        """Release records, which lie beside the archive: by prompt and version."""
        return self._of_prompts(names.release_record_key(environment, prompt_id or "*", "*"), prompt_id)

    def _of_prompts(self, pattern: str, prompt_id: str) -> dict[str, dict[int, Copy]]:
        """Everything under the keys of a pattern, by what stands for its stars."""
        start, _, rest = pattern.partition("*")
        middle, two, _ = rest.partition("*")
        places = {}
        for key in self._archive.keys(start):
            place = key.removeprefix(start).removesuffix(".json")
            owner, found, name = place.partition(middle) if two else (prompt_id, start, place)
            digits = name.removeprefix("v")
            if found and digits.isdigit():
                places[key] = (owner, int(digits))
        copies: dict[str, dict[int, Copy]] = {}
        with ThreadPoolExecutor(READERS) as readers:
            documents = readers.map(self._read, places)
            for (owner, number), document in zip(places.values(), documents, strict=True):
                copies.setdefault(owner, {})[number] = document
        return copies

    def _read(self, key: str) -> Copy:
        try:
            return self._archive.read(key)
        except DigestMismatch:
            return None
