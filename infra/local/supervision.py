"""Whether an instance's supervisor lives, what it says about itself, and how it is started and stopped."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Literal

from infra.local.checkout import ROOT
from infra.local.children import end_stray
from infra.local.errors import LocalError, last_lines
from infra.local.instance import Instance, folder_of, shown, write_atomically
from infra.local.loopback import answers

Phase = Literal["starting", "ready", "failed"]
_STOP_SECONDS = 15
_START_SECONDS = 60
_LOOK_SECONDS = 0.1
#: Sent to a supervisor: start the stand-in model again if it has ended.
MODEL_WANTED = signal.SIGUSR1


@dataclass(frozen=True)
class State:
    """What the supervisor last wrote, true while it lives; `children` are process ids.

    `detail` is the part that is waited for or that failed.
    """

    pid: int
    phase: Phase
    children: Mapping[str, int] = field(default_factory=dict)
    detail: str = "supervisor"

    @classmethod
    def load(cls, name: str) -> State | None:
        try:
            return cls(**json.loads((folder_of(name) / "state.json").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def save(self, name: str) -> None:
        write_atomically(folder_of(name) / "state.json", asdict(self))


def hold(path: Path, *, patience_seconds: float = 0) -> IO[str] | None:
    """A lock that its holder keeps until it ends, however it ends; None while another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a")
    if _wait(lambda: _locked(file), patience_seconds):
        return file
    file.close()
    return None


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def supervisor_lock(name: str) -> Path:
    return folder_of(name) / "supervisor.lock"


def is_supervised(name: str) -> bool:
    """Whether a supervisor of this instance lives."""
    if not supervisor_lock(name).exists():
        return False
    with supervisor_lock(name).open("a") as file:
        try:
            # Shared, so that two who look at the same moment do not take each other for a supervisor.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def start_supervisor(instance: Instance) -> None:
    """Start it detached from this terminal, and wait until all it owns answers; raises LocalError."""
    log = instance.logs / "supervisor.log"
    with log.open("ab") as file:
        supervisor = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "infra.local.supervisor", instance.name],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        _wait(lambda: _is_ready(instance.name) or supervisor.poll() is not None, _START_SECONDS)
    except BaseException:
        supervisor.terminate()
        supervisor.wait()
        raise
    if _is_ready(instance.name) and supervisor.poll() is None:
        return
    state = State.load(instance.name)
    part = state.detail if state else "supervisor"
    stop_supervisor(instance.name)
    culprit = instance.logs / f"{part}.log"
    raise LocalError(
        "E_LOCAL_START",
        f"the local AWS did not come up ({part})",
        f"Read {shown(culprit)}, which ends with:\n{last_lines(culprit)}",
    )


def start_model(instance: Instance) -> None:
    """Have the supervisor start the stand-in model anew, and wait until it answers; raises LocalError."""
    state = State.load(instance.name)
    if state and is_supervised(instance.name):
        os.kill(state.pid, MODEL_WANTED)
        if _wait(lambda: answers(f"{instance.model_url}/health"), _START_SECONDS):
            return
    log = instance.logs / "model.log"
    raise LocalError("E_LOCAL_START", "the stand-in model did not come up", f"Read {shown(log)}.")


def stop_supervisor(name: str) -> None:
    """End the supervisor and everything it owns, also what a crashed one left behind."""
    state = State.load(name)
    if state is None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        if is_supervised(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(state.pid, number)
            _wait(lambda: not is_supervised(name), _STOP_SECONDS)
    for pid in state.children.values():
        end_stray(pid)


def _is_ready(name: str) -> bool:
    state = State.load(name)
    return state is not None and state.phase == "ready"


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return met
