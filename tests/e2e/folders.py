"""Prompt folders for tests that must not meet in one prompt id."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from infra.local.checkout import ROOT


def renamed(tmp_path: Path, prompt_id: str, new_id: str) -> Path:
    """A copy of one of our prompts under an id that no other test uses, outside any git checkout."""
    shutil.copytree(ROOT / "prompts" / "_blocks", tmp_path / "_blocks", dirs_exist_ok=True)
    folder = tmp_path / new_id
    shutil.copytree(ROOT / "prompts" / prompt_id, folder)
    metadata = folder / "prompt.yaml"
    text = metadata.read_text(encoding="utf-8")
    metadata.write_text(text.replace(f"prompt_id: {prompt_id}", f"prompt_id: {new_id}"), encoding="utf-8")
    return folder


def changed(folder: Path, max_tokens: int) -> Path:
    """The same folder with another token budget: published, it is a new version that does as well."""
    metadata = folder / "prompt.yaml"
    text = metadata.read_text(encoding="utf-8")
    metadata.write_text(re.sub(r"max_tokens: \d+", f"max_tokens: {max_tokens}", text), encoding="utf-8")
    return folder
