"""The rules for what was ever written to a pointer: only releases, or what the reconciler dealt with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from promptops.domain.audit import Copy, Finding, Remark, brief, findings, is_before
from promptops.domain.audit_releases import ReleaseLog, release_of
from promptops.domain.drift import Drift, kept
from promptops.domain.errors import MalformedPointer, shown
from promptops.domain.pointer import BarePointer, Pointer, parse_pointer


@dataclass(frozen=True)
class Written:
    """One value of a pointer's history, with who wrote it and when."""

    number: int
    value: str
    writer: str
    at: str


def pointer_findings(
    log: ReleaseLog, copies: Mapping[int, Copy], history: Sequence[Written], drifts: Collection[Drift]
) -> tuple[list[Finding], list[Remark]]:
    """The first value of a history, oldest first, that nobody can answer for; and what is worth knowing.

    A release that only the archive still has answers for its value: that its row is gone is another finding.
    """
    releases = [*log.rows, *(release for copy in copies.values() if (release := release_of(copy)))]
    committed = {release.head().pointer().to_text() for release in releases}
    released = {release.version for release in releases}
    bad: list[Finding] = []
    remarks = []
    for written in history:
        if written.value in committed:
            continue
        handled = any(_is_of(drift, log.prompt_id, written) for drift in drifts)
        text = f"pointer value {written.number}, {_named(written.value)}, written by {written.writer}"
        if handled or _bare(written.value) in released:
            done = "dealt with by the reconciler" if handled else "a bare version that was released here"
            remarks.append(Remark(log.environment, log.prompt_id, f"{text} at {written.at}: {done}"))
        elif not bad:
            holds = f"{_named(written.value)}, written by {written.writer} at {written.at}"
            row = f"pointer value {written.number}"
            problem = (holds, "what a release wrote")
            bad = findings("pointer", log.environment, log.prompt_id, row, [problem])
    if not bad and log.head and log.head.revision:
        remarks += _late(log, history)
    return bad, remarks


def _is_of(drift: Drift, prompt_id: str, written: Written) -> bool:
    found = (drift.prompt_id, drift.found) == (prompt_id, kept(written.value))
    return found and not is_before(drift.at, written.at)


def _late(log: ReleaseLog, history: Sequence[Written]) -> list[Remark]:
    head = log.head
    assert head
    if history and history[-1].value == head.pointer().to_text():
        return []
    now = _named(history[-1].value) if history else "not there"
    text = f"still projecting: the pointer is {now}, the head is revision {head.revision}"
    return [Remark(log.environment, log.prompt_id, text)]


def _bare(value: str) -> int:
    """The version a bare pointer names, 0 for other values."""
    pointer = _parsed(value)
    return pointer.version if isinstance(pointer, BarePointer) else 0


def _named(value: str) -> str:
    """What a value says, without the digits nobody reads."""
    pointer = _parsed(value)
    if isinstance(pointer, Pointer):
        return f"{pointer.state} v{pointer.version} as revision {pointer.revision}, {brief(pointer.sha256)}"
    return shown(value)


def _parsed(value: str) -> Pointer | BarePointer | None:
    try:
        return parse_pointer(value)
    except MalformedPointer:
        return None
