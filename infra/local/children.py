"""Processes that end with the one that started them, however it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.local.checkout import ROOT

_PR_SET_PDEATHSIG = 1
_GRACE_SECONDS = 5
# How a process of ours is told from a stranger that got its number later.
_MARK = "infra.local"


def start_child(
    command: Sequence[str], *, log: Path, environment: Mapping[str, str], folder: Path = ROOT
) -> subprocess.Popen[bytes]:
    """A process in a group of its own, writing to `log`.

    On Linux the kernel kills it when the thread that started it ends: start what lasts from the main thread.
    """
    with log.open("ab") as file:
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )


def end_child(child: subprocess.Popen[bytes]) -> None:
    """End a child and all it started; politely first."""
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE_SECONDS)
    _kill_group(child.pid)
    child.wait()


def end_stray(pid: int) -> None:
    """End a child that outlived its parent, if the number still belongs to one of ours."""
    if _MARK in _command_of(pid):
        _kill_group(pid)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _command_of(pid: int) -> str:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text()
        return ""
    return subprocess.run(  # noqa: S603
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
