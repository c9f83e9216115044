"""The people of the demo at their keyboards: the `promptops` command with their own AWS profile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_SECONDS = 180


@dataclass(frozen=True)
class Typed:
    """What a command answered: its exit code, its JSON document, what it said on standard error."""

    exit_code: int
    document: Mapping[str, Any]
    said: str


class UnexpectedEnd(RuntimeError):
    """A command did not end as the story tells."""


@dataclass(frozen=True)
class Person:
    """One person with the environment `promptops local env` gives them."""

    name: str
    environ: Mapping[str, str]

    def types(self, *arguments: str, expect: int = 0) -> Typed:
        """Run one command; raises UnexpectedEnd if its exit code is another than expected."""
        command = [str(Path(sys.executable).with_name("promptops")), *arguments, "--json"]
        done = subprocess.run(  # noqa: S603 - our own command, arguments from the story
            command,
            env=self._whole_environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode != expect:
            raise UnexpectedEnd(
                f"promptops {' '.join(arguments)} ended with {done.returncode}, expected {expect}:\n"
                f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            )
        return Typed(done.returncode, json.loads(done.stdout), done.stderr)

    def _whole_environment(self) -> dict[str, str]:
        """The caller's own variables, but for AWS's: keys among them would win over this person's profile."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {**inherited, **self.environ}
