"""The two sides of a diff: published versions, what is live, a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptops.cli.named import named
from promptops.domain.errors import InvalidUsage, NotReleased, shown
from promptops.domain.identifiers import PromptRef, check_prompt_id
from promptops.domain.policy import Policy

if TYPE_CHECKING:
    from promptops.cli.line import Line
    from promptops.domain.artifact import Artifact
    from promptops.domain.version import VersionRecord


@dataclass(frozen=True)
class Side:
    """One side; `digests` are those of its content, its evaluation cases and its policy."""

    name: str
    artifact: Artifact
    policy: Policy
    cases_sha256: str
    cases: int
    owner: str
    description: str
    tags: Sequence[str]
    label: str

    @property
    def digests(self) -> dict[str, str]:
        return {
            "content": self.artifact.digest(),
            "cases": self.cases_sha256,
            "policy": self.policy.digest(),
        }

    def facts(self) -> dict[str, object]:
        """What belongs to a version beside its content, by name."""
        cases = f"{self.cases}, sha256 {self.cases_sha256[:12]}" if self.cases else None
        return {
            "risk": self.policy.risk,
            "threshold": str(self.policy.thresholds.min_score),
            "cases needed": str(self.policy.thresholds.min_cases),
            "cases": cases,
            **self.policy.fine_print(),
            "owner": self.owner,
            "description": self.description,
            "tags": ", ".join(self.tags),
            "label": self.label,
        }


def sides(names: Sequence[str], environments: Sequence[str], line: Line) -> tuple[Side | None, Side]:
    """Before and after, by what was typed; None before the first version. Raises InvalidUsage."""
    first = names[0]
    if environments:
        if len(names) != 1 or len(environments) != 2:
            raise InvalidUsage("--env compares one prompt in two environments", "Name --env twice.")
        one, other = (_live(check_prompt_id(first), name, line) for name in environments)
        return one, other
    if len(names) == 2:
        if not all("@" in name for name in names):
            fix = "A folder is compared with its newest version: name it alone."
            raise InvalidUsage("two sides are two versions, PROMPT@VERSION PROMPT@VERSION", fix)
        one, other = (_version(line.registry.version(named(name, line)), line) for name in names)
        return one, other
    if "@" in first:
        record = line.registry.version(named(first, line))
        parent = _parent(record, line)
        return _version(parent, line) if parent else None, _version(record, line)
    if not Path(first).is_dir():
        fix = "Write PROMPT@VERSION, a folder, or PROMPT with --env twice."
        raise InvalidUsage(f"{shown(first)} is no version and no folder", fix)
    return _with_newest(Path(first), line)


def _version(record: VersionRecord, line: Line, name: str = "") -> Side:
    return Side(
        name or str(record.ref),
        line.artifact(record),
        record.policy,
        record.dataset.sha256,
        record.dataset.cases,
        record.owner,
        record.description,
        record.tags,
        record.label,
    )


def _parent(record: VersionRecord, line: Line) -> VersionRecord | None:
    """The version this one was published after; the newest older one where the record does not say."""
    ref = record.ref
    if record.parent:
        return line.registry.version(PromptRef(ref.prompt_id, record.parent))
    older = (item for item in line.registry.versions(ref.prompt_id) if item.ref.version < ref.version)
    return next(older, None)


def _live(prompt_id: str, name: str, line: Line) -> Side:
    environment = line.environment(name)
    head = line.ledgers[environment].head(prompt_id)
    if not head.revision or head.state != "live":
        what = f"is {head.state}" if head.revision else "has no release"
        fix = f"promptops history {prompt_id} --env {environment} tells more."
        raise NotReleased(f"{prompt_id} {what} in {environment}", fix)
    record = line.registry.version(PromptRef(prompt_id, head.version))
    return _version(record, line, f"{record.ref} in {environment}")


def _with_newest(folder: Path, line: Line) -> tuple[Side | None, Side]:
    from promptops.cli.checked import check

    checked = check(folder)
    source = checked.source
    here = Side(
        str(folder),
        checked.validated.artifact,
        source.policy,
        checked.validated.dataset.sha256,
        checked.validated.cases,
        source.owner,
        source.description,
        source.tags,
        source.label,
    )
    family = line.registry.family(source.prompt_id)
    if family is None:
        return None, here
    return _version(line.registry.version(PromptRef(source.prompt_id, family.latest)), line), here
