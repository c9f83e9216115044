"""The version that people name: by its number, or by its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptops.domain.errors import UnknownVersion, shown
from promptops.domain.identifiers import PromptRef, check_prompt_id
from promptops.domain.label import check_label

if TYPE_CHECKING:
    from promptops.cli.line import Line


def named(text: str, line: Line) -> PromptRef:
    """The version in `support-ticket@v12`, or the one its label names in `support-ticket@2.2.0`."""
    prompt_id, _, label = text.partition("@")
    if "." not in label:
        return PromptRef.parse(text)
    found = line.registry.labelled(check_prompt_id(prompt_id), check_label(label))
    if found is None:
        raise UnknownVersion(f"{shown(label)} is no label of {prompt_id}", f"See promptops show {prompt_id}.")
    return found
