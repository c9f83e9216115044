"""Git, registry, ledger and pointer of one prompt in one environment, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from promptops.cli.output import moment, table
from promptops.domain.drift import Standing
from promptops.domain.errors import MalformedPointer, shown
from promptops.domain.pointer import Pointer, parse_pointer

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from promptops.domain.drift import Drift
    from promptops.domain.ledger import Head
    from promptops.domain.version import VersionRecord

POINTER_CHARS = 28
_POINTER_SAYS: dict[Standing, str] = {
    "late": "pointer lags behind",
    "missing": "no pointer",
    "typed": "pointer typed by hand",
    "foreign": "pointer is not ours",
}


@dataclass(frozen=True)
class InGit:
    """A prompt's folder beside the newest published version; `unseen` where there are no folders to see."""

    state: Literal["unseen", "no folder", "broken", "not published", "published", "changed"]
    newest: int = 0
    problem: str = ""

    def __str__(self) -> str:
        match self.state:
            case "unseen":
                return "-"
            case "published":
                return f"v{self.newest}"
            case "changed":
                return f"changed since v{self.newest}"
            case "broken":
                return f"broken: {self.problem}"
        return self.state


@dataclass(frozen=True)
class Sides:
    """What each place says of a prompt in an environment; `served` is the registry's record of the head."""

    prompt_id: str
    environment: str
    in_git: InGit
    newest: VersionRecord | None
    head: Head
    served: VersionRecord | None
    pointer: str | None
    standing: Standing

    @property
    def differs(self) -> list[str]:
        """What is not as it should be, from git to the pointer; empty where all places agree."""
        return [*self._git(), *self._registry(), *self._pointer()]

    def to_dict(self) -> dict[str, object]:
        newest = self.newest
        live = {
            "version": f"v{self.head.version}",
            "revision": self.head.revision,
            "state": self.head.state,
        }
        return {
            "prompt_id": self.prompt_id,
            "environment": self.environment,
            "git": {"state": self.in_git.state, "problem": self.in_git.problem},
            "registry": {"version": f"v{newest.ref.version}", "revoked": newest.revoked_reason}
            if newest
            else None,
            "ledger": live if self.head.revision else None,
            "pointer": self.pointer,
            "drift": self.differs,
        }

    def cells(self) -> tuple[str, ...]:
        return (
            self.prompt_id,
            self.environment,
            str(self.in_git),
            self._newest(),
            self._live(),
            _shortened(self.pointer),
            "; ".join(self.differs) or "none",
        )

    def _newest(self) -> str:
        if self.newest is None:
            return "-"
        return f"v{self.newest.ref.version}{' revoked' if self.newest.revoked_reason else ''}"

    def _live(self) -> str:
        return _words(self.head) if self.head.revision else "-"

    def _git(self) -> Iterator[str]:
        match self.in_git.state:
            case "no folder" if self.head.revision and self.head.state == "live":
                yield "live without a folder"
            case "broken":
                yield "folder is broken"
            case "not published":
                yield "folder is not published"
            case "changed":
                yield f"folder changed since v{self.in_git.newest}"

    def _registry(self) -> Iterator[str]:
        if not self.head.revision:
            return
        version = f"v{self.head.version}"
        if self.served is None:
            yield f"{version} is not in the registry"
        elif self.served.sha256 != self.head.sha256:
            yield f"{version} has another digest in the registry"
        elif self.served.revoked_reason and self.head.state == "live":
            yield f"{version} is revoked and still live"

    def _pointer(self) -> Iterator[str]:
        if not self.head.revision:
            if self.pointer is not None:
                yield "pointer without a release"
        elif self.standing != "right":
            yield _POINTER_SAYS[self.standing]


def drift_table(lines: Sequence[Sides]) -> Table:
    heads = ("PROMPT", "ENV", "GIT", "REGISTRY", "LEDGER", "POINTER", "DRIFT")
    return table(heads, (line.cells() for line in lines))


def found_before(found: Sequence[tuple[str, Drift]]) -> Iterator[RenderableType]:
    """What reconcilers found and did, newest first, under a heading; nothing where they found nothing."""
    if not found:
        return
    yield "\nFound before:"
    yield table(
        ("AT", "ENV", "OUTCOME", "POINTER WAS", "WRITTEN BY"),
        (
            (moment(drift.at), environment, drift.outcome, found_value(drift), drift.writer)
            for environment, drift in found
        ),
    )


def found_value(drift: Drift) -> str:
    """What a pointer held, shortened and escaped, or that it was not there."""
    return "none" if drift.outcome == "missing" else in_words(drift.found) or shown(drift.found)


def in_words(pointer: str) -> str:
    """What a pointer of our form says: `v3, revision 4`; empty for any other value."""
    try:
        found = parse_pointer(pointer)
    except MalformedPointer:
        return ""
    return _words(found) if isinstance(found, Pointer) else ""


def _words(said: Head | Pointer) -> str:
    state = "" if said.state == "live" else f" {said.state}"
    return f"v{said.version}{state}, revision {said.revision}"


def _shortened(pointer: str | None) -> str:
    """What it says, or the raw value as far as there is room, escaped: it may hold anything."""
    if pointer is None:
        return "-"
    text = in_words(pointer) or shown(pointer)[1:-1]
    return text if len(text) <= POINTER_CHARS else f"{text[: POINTER_CHARS - 1]}…"
