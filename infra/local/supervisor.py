"""The one process that owns a running instance: `python -m infra.local.supervisor NAME`.

It starts the emulator, the stand-in model and the bridges, says in `state.json` when all of them answer,
restarts nothing but a model somebody asks for, and ends all of them when it ends. Without its emulator an
instance is nothing: it ends too.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.children import end_child, start_child
from infra.local.clients import root_client
from infra.local.emulator import COMMAND, emulator_answers, emulator_environment
from infra.local.instance import Instance
from infra.local.loopback import answers
from infra.local.mail_page import MailServer
from infra.local.metrics_bridge import MetricsBridge
from infra.local.model_bridge import ModelBridge
from infra.local.supervision import MODEL_WANTED, Phase, State, hold, supervisor_lock

_LOGGER = logging.getLogger("supervisor")
_LOOK_SECONDS = 0.1
_METRICS_SECONDS = 1.0


class Supervisor:
    """Owns the processes and servers of one instance for as long as `run` runs."""

    def __init__(self, instance: Instance, pid: int) -> None:
        self._instance = instance
        self._pid = pid
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stop = threading.Event()
        self._model_wanted = False

    def run(self) -> int:
        """0 when told to stop, 6 if something it owns did not come up or the emulator ended."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, MODEL_WANTED):
            signal.signal(number, self._on_signal)
        try:
            return self._supervise()
        finally:
            for child in reversed(self._children.values()):
                end_child(child)

    def _supervise(self) -> int:
        instance = self._instance
        self._start("emulator", COMMAND, emulator_environment(instance))
        self._start_model()
        for server in (ModelBridge(instance.bridge_port, instance.model_url), MailServer(instance)):
            threading.Thread(target=server.serve_forever, daemon=True).start()
        checks: dict[str, Callable[[], bool]] = {
            "emulator": lambda: emulator_answers(instance),
            "model": lambda: answers(f"{instance.model_url}/health"),
        }
        for name, check in checks.items():
            self._report("starting", name)
            while not check():
                if self._stop.wait(_LOOK_SECONDS):
                    return 0
                if self._children[name].poll() is not None:
                    self._report("failed", name)
                    return 6
        self._report("ready", "")
        threading.Thread(target=self._pass_on_metrics, daemon=True).start()
        while not self._stop.wait(_LOOK_SECONDS):
            if self._children["emulator"].poll() is not None:
                _LOGGER.error("the emulator ended")
                self._report("failed", "emulator")
                return 6
            if self._model_wanted:
                self._model_wanted = False
                end_child(self._children["model"])
                self._start_model()
                self._report("ready", "")
        return 0

    def _start_model(self) -> None:
        command = [sys.executable, "-m", "infra.local.model_server", "--port", str(self._instance.model_port)]
        self._start("model", command, {"LANG": "C.UTF-8"})

    def _start(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        log = self._instance.logs / f"{name}.log"
        self._children[name] = start_child(command, log=log, environment=environment)

    def _report(self, phase: Phase, detail: str) -> None:
        children = {name: child.pid for name, child in self._children.items()}
        State(self._pid, phase, children, detail).save(self._instance.name)

    def _pass_on_metrics(self) -> None:
        bridge = MetricsBridge(
            logs=root_client(self._instance, "logs"), cloudwatch=root_client(self._instance, "cloudwatch")
        )
        while not self._stop.wait(_METRICS_SECONDS):
            try:
                bridge.pass_on()
            except (BotoCoreError, ClientError) as error:
                _LOGGER.warning("metrics wait for the next round: %s", error)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == MODEL_WANTED:
            self._model_wanted = True
        else:
            self._stop.set()


def main(name: str) -> int:
    """Supervise the instance; 6 if there is none or it has a supervisor already."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    instance = Instance.load(name)
    # Whoever looks whether this runs has the lock for an instant.
    lock = hold(supervisor_lock(name), patience_seconds=2) if instance else None
    if instance is None or lock is None:
        _LOGGER.error("%s has no instance, or a supervisor already", name)
        return 6
    with lock:
        return Supervisor(instance, os.getpid()).run()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
