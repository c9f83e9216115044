"""Secrets in texts, by their form: what no prompt may hold, because a published version stays for ever."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

_SHOWN_CHARS = 4
#: A random text has an unbroken run of so many characters, each worth so many bits; written ones have not.
_RUN_CHARS = 16
_RUN_BITS = 3.0
_RUN = re.compile(r"[A-Za-z0-9+/]+")


@dataclass(frozen=True)
class Secret:
    """One kind. Where its pattern has a group `value`, that must look random as well."""

    name: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Found:
    """Where a secret begins, and as much of it as may be repeated."""

    name: str
    position: int
    masked: str


# Every pattern is bounded and begins where a word does, so that a long text takes as long as it is long.
SECRETS: tuple[Secret, ...] = (
    # AWS's own documentation writes keys that end in EXAMPLE.
    Secret("AWS access key", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b(?<!EXAMPLE)")),
    Secret("private key", re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----")),
    Secret(
        "JSON web token",
        re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,4096}+\.eyJ[A-Za-z0-9_-]{10,4096}+\."),
    ),
    Secret("GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,255})\b")),
    Secret("Slack token", re.compile(r"\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,250}")),
    Secret("Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    Secret("Stripe key", re.compile(r"\b[rs]k_live_[A-Za-z0-9]{16,250}")),
    Secret("model provider key", re.compile(r"\b(?P<value>sk-[A-Za-z0-9_-]{32,250})")),
    Secret(
        "password",
        # After a colon prose may follow ("secret: politeness"), so there the value needs a digit.
        re.compile(
            r"\b(?:password|passwd|secret|api_key)[\"']?\s{0,5}"
            r"(?:=\s{0,5}[\"']?|:\s{0,5}[\"']?(?=[^\s\"'{<$*=\d]{0,64}\d))[^\s\"'{<$*=]{8,64}",
            re.IGNORECASE,
        ),
    ),
    Secret(
        "key or token",
        re.compile(
            r"(?:key|token|secret)[\"']?\s{0,5}[:=]\s{0,5}[\"']?(?P<value>[A-Za-z0-9+/_=.-]{20,250})",
            re.IGNORECASE,
        ),
    ),
    Secret(
        "bearer token",
        re.compile(r"\bBearer\s{1,5}(?P<value>[A-Za-z0-9+/_=.-]{20,250})", re.IGNORECASE),
    ),
)


def find_secret(text: str, allowed: Collection[str] = ()) -> Found | None:
    """The first secret that is in the text, of the kinds that are not allowed."""
    for kind in SECRETS:
        if kind.name in allowed:
            continue
        for match in kind.pattern.finditer(text):
            value = match.groupdict().get("value")
            if value is None or _is_random(value):
                return Found(kind.name, match.start(), f"{match.group()[:_SHOWN_CHARS]}****")
    return None


def _is_random(value: str) -> bool:
    """Whether nobody wrote this by hand: a long run of letters and digits, few of them often."""
    run = max(_RUN.findall(value), key=len, default="")
    if len(run) < _RUN_CHARS or run.isalpha() or not any(map(str.isalpha, run)):
        return False
    shares = [count / len(run) for count in Counter(run).values()]
    return -math.fsum(share * math.log2(share) for share in shares) >= _RUN_BITS
