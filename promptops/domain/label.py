"""Labels: a semantic version of the author's own choosing, which names one version of a prompt for ever.

A label is what people call a version. It never orders versions: their numbers do.
"""

from __future__ import annotations

import re

from promptops.domain.errors import Immutable, InvalidLabel, shown
from promptops.domain.identifiers import PromptRef

MAX_LABEL_CHARS = 64
_FIX = "Write a semantic version, e.g. 2.2.0, 2.2.0-rc1 or 2.2.0+march."
_IDENTIFIER = re.compile(r"[0-9A-Za-z-]+")
_NUMBER = re.compile(r"[0-9]+")
_SHOWN_DIGITS = 12


def check_label(label: str) -> str:
    """The same label if it is one by Semantic Versioning 2.0.0; raises InvalidLabel saying what is wrong."""
    wrong = _wrong(label)
    if wrong:
        raise InvalidLabel(f"label {shown(label)} is no semantic version: {wrong}", _FIX)
    return label


def label_taken(label: str, taken_by: PromptRef, taken_sha256: str, sha256: str) -> Immutable:
    """The refusal to let a label name a second version."""
    version = f"v{taken_by.version}"
    if taken_sha256 == sha256:
        what = f"label {label} is {version} of {taken_by.prompt_id}, with the same bytes as yours"
        return Immutable(what, f"Release {version}, or choose another label.")
    digests = f"(sha256:{taken_sha256[:_SHOWN_DIGITS]}…), yours is {sha256[:_SHOWN_DIGITS]}…"
    return Immutable(f"label {label} is {version} {digests}", "Choose another label.")


def _wrong(label: str) -> str:
    if len(label) > MAX_LABEL_CHARS:
        return f"{len(label)} characters, allowed are {MAX_LABEL_CHARS}"
    if label[:1] in ("v", "V"):
        return "it begins with a v"
    version, plus, build = label.partition("+")
    core, dash, pre_release = version.partition("-")
    numbers = core.split(".")
    if len(numbers) != 3:
        return f"{core or 'nothing'} is not three numbers with dots between them"
    for number in numbers:
        if not _NUMBER.fullmatch(number):
            return f"{shown(number)} is not a number" if number else "a number is missing"
    if found := next(filter(_leading_zero, numbers), ""):
        return f"{found} has a leading zero"
    if dash and (wrong := _wrong_identifiers(pre_release, "pre-release")):
        return wrong
    if found := next(filter(_leading_zero, pre_release.split(".")), ""):
        return f"{found} has a leading zero"
    return _wrong_identifiers(build, "build") if plus else ""


def _wrong_identifiers(text: str, part: str) -> str:
    for identifier in text.split("."):
        if not identifier:
            return f"an identifier of its {part} part is empty"
        if not _IDENTIFIER.fullmatch(identifier):
            return f"its {part} part holds {shown(identifier)}, allowed are 0-9, A-Z, a-z and '-'"
    return ""


def _leading_zero(identifier: str) -> bool:
    return len(identifier) > 1 and identifier[0] == "0" and bool(_NUMBER.fullmatch(identifier))
