"""One process for the graders of one run, asked a line at a time; nothing it does can break the run."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from promptops.domain.errors import GraderUnavailable

RUNNER = Path(__file__).with_name("runner.py")
TIMEOUT_SECONDS = 30.0
#: What a grader gets to see of the environment: no credentials and no keys. That is care, not a sandbox.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT")


class GraderProcess:
    """Started with the first question; once it has died or hung, every question raises why."""

    def __init__(self, folder: Path, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._folder = folder.resolve()
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()
        self._gone = ""

    def ask(self, name: str, function: str, output: str, context: Mapping[str, Any]) -> object:
        """What the function in this file of the folder says; raises GraderUnavailable."""
        question = {
            "file": str(self._folder / name),
            "function": function,
            "output": output,
            "context": context,
        }
        with self._lock:
            line = self._exchange(json.dumps(question), name)
        answer = json.loads(line)
        if "error" in answer:
            place = f" in line {answer['line']}" if answer.get("line") else ""
            raised = f"raised {answer['error']}{place}"
            raise GraderUnavailable(
                f"{name} {f'has no function {function}' if answer.get('missing') else raised}",
                f"Correct {function}(output, context); PROMPTOPS_DEBUG=1 shows what it prints.",
            )
        return answer["said"]

    def close(self) -> None:
        process, self._process = self._process, None
        if process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _exchange(self, question: str, name: str) -> str:
        if self._gone:
            raise GraderUnavailable(self._gone, "Correct the grader and evaluate again.")
        process = self._process = self._process or self._start()
        assert process.stdin
        try:
            process.stdin.write(f"{question}\n")
            process.stdin.flush()
            line = self._lines.get(timeout=self._timeout_seconds)
        except (OSError, queue.Empty) as error:
            hung = isinstance(error, queue.Empty)
            line, self._gone = "", f"{name} did not answer within {self._timeout_seconds:g} s" if hung else ""
        if not line:
            self.close()
            self._gone = self._gone or f"the process that runs {name} ended with {process.returncode}"
            raise GraderUnavailable(self._gone, "Correct the grader and evaluate again.")
        return line

    def _start(self) -> subprocess.Popen[str]:
        # Isolated, and in a session of its own: Ctrl-C is for the run, which ends this process itself.
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", str(RUNNER), str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("PROMPTOPS_DEBUG") == "1" else subprocess.DEVNULL,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            cwd=self._folder,
            encoding="utf-8",
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        return process

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            self._lines.put(line)
        self._lines.put("")
