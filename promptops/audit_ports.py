"""The outside world as an audit sees it: everything as it is stored, nothing filtered or repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from promptops.domain.audit_pointer import Written
from promptops.domain.audit_releases import ReleaseLog
from promptops.domain.audit_versions import RegistryLog
from promptops.domain.drift import Drift
from promptops.domain.identifiers import PromptRef
from promptops.domain.report import Evidence, Report
from promptops.domain.restriction import Restriction


class RegistryTrail(Protocol):
    """The registry, row by row; every read is strongly consistent but which prompts there are."""

    def prompt_ids(self) -> Sequence[str]:
        """Every prompt that has a family, in order."""

    def log(self, prompt_id: str) -> RegistryLog:
        """Everything about one prompt."""


class Trail(Protocol):
    """One environment's ledger, row by row; every read is strongly consistent."""

    def prompt_ids(self) -> Sequence[str]:
        """Every prompt that has a head, in order."""

    def log(self, prompt_id: str, archived: int) -> ReleaseLog:
        """Everything about one prompt; `archived` is its mark in `marks`."""

    def marks(self) -> Mapping[str, int]:
        """Up to which revision each prompt's releases are said to be archived."""

    def freezes(self) -> Mapping[int, Restriction | None]:
        """By the sequences of their keys; None where a row cannot be read."""

    def freeze_now(self) -> tuple[Restriction | None, bool]:
        """The entry that is said to hold now, and whether releases are refused because of it."""

    def drifts(self) -> Sequence[Drift]:
        """Everything the reconciler found, oldest first."""


class PointerHistory(Protocol):
    """What was written to the pointers of one environment."""

    def written(self, prompt_id: str) -> Sequence[Written]:
        """The last 100 values, oldest first; none where there is no parameter."""


class ReportFinder(Protocol):
    """All evaluation reports there are."""

    def of_version(self, ref: PromptRef) -> Sequence[tuple[Evidence, Report]]:
        """Those whose bytes are a report, each with the evidence it is; oldest first."""
