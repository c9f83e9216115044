"""What the archive gives back of registry and ledgers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from promptops.domain.approval import Approval
from promptops.domain.audit import Finding, Log
from promptops.domain.ledger import Release
from promptops.domain.restriction import Restriction
from promptops.domain.version import VersionRecord

#: A log, its environment (empty in the registry) and its prompt (empty for freezes).
Place = tuple[Log, str, str]


@dataclass(frozen=True)
class RestoredPrompt:
    """What the registry held of a prompt: versions with their evidence and marks, oldest first."""

    prompt_id: str
    records: tuple[VersionRecord, ...]
    revocations: tuple[Restriction, ...]


@dataclass(frozen=True)
class RestoredLedger:
    """What a ledger held, oldest first: releases by prompt, the approvals they used, freezes."""

    environment: str
    releases: Mapping[str, tuple[Release, ...]]
    approvals: tuple[Approval, ...]
    freezes: tuple[Restriction, ...]


@dataclass(frozen=True)
class Restored:
    """All that the archive gives back; with `findings` it is not what was archived.

    `copied` are the numbers of all copies there are, also of bad ones, by where their rows belong.
    """

    prompts: tuple[RestoredPrompt, ...]
    ledgers: tuple[RestoredLedger, ...]
    findings: tuple[Finding, ...]
    copied: Mapping[Place, Collection[int]] = field(default_factory=dict)
