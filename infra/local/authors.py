"""Who wrote the prompts of this checkout: on this machine all of them count as alice.

An account refuses to release high risk by authors nobody has mapped to a person; a newcomer, whom no map
knows, could otherwise not see an approval here.
"""

from __future__ import annotations

import re
import subprocess

from infra.local.checkout import ROOT

MAX_ADDRESSES = 20
_ADDRESS = re.compile(r"[^@\s,<>]+@[^@\s,<>]+\.[^@\s,<>]+")


def commit_authors() -> tuple[str, ...]:
    """Addresses of those who committed to `prompts/`, and of git's own user; none outside a repository."""
    written = [*_git("log", "--format=%ae%n%(trailers:key=Co-authored-by,valueonly)", "--", "prompts")]
    found = _ADDRESS.findall("\n".join([*_git("config", "user.email"), *written]))
    return tuple(dict.fromkeys(address.lower() for address in found))[:MAX_ADDRESSES]


def _git(*arguments: str) -> list[str]:
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(ROOT), *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines()
