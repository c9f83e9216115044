"""What is generally known about reported problems: how urgent they sound and what one does next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from infra.local.model.meaning import affirmed_concepts, concepts

LEVELS = ("low", "medium", "high", "critical")

_URGENCY = (
    (
        "critical",
        "outage breach leaked leak ransomware corrupted corruption phishing everyone critical emergency "
        "exposed hacked disaster sev1",
    ),
    (
        "high",
        "fail crash timeout unavailable blocked urgent urgently lost missing double duplicate charged locked "
        "error unable 500 502 503 504 security deleted expired refused rejected asap production cannot can't",
    ),
    (
        "medium",
        "slow slower slowly intermittent sometimes occasional degraded delayed wrong incorrect confusing "
        "bug stale warning",
    ),
    (
        "low",
        "typo cosmetic question wish suggestion feature wording colour color font idea curious minor",
    ),
)
_ADVICE = (
    (
        "breach leak exposed hacked phishing stolen ransomware credential credentials secret",
        "Contain access, rotate the affected credentials and start the security procedure for",
    ),
    (
        "typo wording feature wish suggestion cosmetic colour color",
        "Record the request for the product backlog and confirm the wording of",
    ),
    (
        "lost missing deleted corrupt corrupted",
        "Stop further writes, compare with the latest backup and restore",
    ),
    (
        "charge charged invoice payment billing paid refund",
        "Compare the payment records with the account history for",
    ),
    (
        "password login signin sign locked authentication account reset 2fa sso",
        "Check the account state and the sign-in log for",
    ),
    (
        "timeout slow latency hang hangs unresponsive memory cpu degraded",
        "Measure response times, compare them with those before the last change and consider undoing it for",
    ),
    (
        "crash error errors exception fail fails failed failing failure 500 502 503 504",
        "Reproduce the failure, read the error log and inspect the most recent change to",
    ),
)
_GENERAL_ADVICE = "Reproduce the report in a test environment and collect the relevant logs for"


def urgency(text: str) -> str:
    """One of LEVELS, from the strongest word of urgency in the text; medium when none speaks."""
    spoken = affirmed_concepts(text)
    return next((level for level, vocabulary in _URGENCY if spoken & _known(vocabulary)), "medium")


def ranks(values: Sequence[str]) -> bool:
    """Whether allowed values are levels of urgency."""
    return len({value.lower() for value in values}.intersection(LEVELS)) > 1


def nearest_level(values: Sequence[str], level: str) -> str:
    """The allowed value for a level, or the nearest one there is."""
    by_level = {value.lower(): value for value in values if value.lower() in LEVELS}
    nearest = min(by_level, key=lambda known: abs(LEVELS.index(known) - LEVELS.index(level)))
    return by_level[nearest]


def advice(text: str) -> str:
    """The opening of a next step for the kind of problem most spoken of; a subject has to follow it."""
    spoken = affirmed_concepts(text)
    mentions = {opening: len(spoken & _known(vocabulary)) for vocabulary, opening in _ADVICE}
    most = max(mentions, key=lambda opening: mentions[opening])
    return most if mentions[most] else _GENERAL_ADVICE


def is_symptom(text: str) -> bool:
    """Whether a text names a problem in words this module knows."""
    spoken = affirmed_concepts(text)
    known = [*(vocabulary for _, vocabulary in _URGENCY), *(vocabulary for vocabulary, _ in _ADVICE)]
    return any(spoken & _known(vocabulary) for vocabulary in known)


@lru_cache(maxsize=64)
def _known(vocabulary: str) -> frozenset[str]:
    return frozenset(concepts(vocabulary))
