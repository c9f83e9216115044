"""Starts the workers, kills and stops some of them at random, and starts them again."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from tests.faults.storm.functions import Functions
from tests.faults.storm.plan import Plan
from tests.faults.storm.worker import work

WORKERS = 8
TICK_SECONDS = 0.05
LOOK_SECONDS = 1.0
#: How long the nemesis leaves all of them alone, and how long a worker it stopped does not run.
PEACE_SECONDS = (0.5, 2.0)
STOPPED_SECONDS = (0.5, 4.0)
LAST_CALLS_SECONDS = 90

_fork = multiprocessing.get_context("fork")


@dataclass
class Client:
    process: BaseProcess
    generation: int = 1
    stopped_until: float = 0.0


@dataclass
class Nemesis:
    """`done` counts what happened to the workers."""

    plan: Plan
    functions: Functions
    done: Counter[str] = field(default_factory=Counter)

    def run(self, look: Callable[[], None]) -> None:
        """The whole run; `look` is called again and again meanwhile."""
        rng = self.plan.rng("nemesis")
        clients = {worker: Client(self._start(worker, 1)) for worker in range(WORKERS)}
        next_blow = next_look = time.monotonic() + 2 * LOOK_SECONDS
        while (now := time.monotonic()) < self.plan.until:
            for worker, client in clients.items():
                self._revive(worker, client, now)
            if now >= next_blow:
                self._strike(rng.choice(list(clients.values())), rng.random(), rng.uniform(*STOPPED_SECONDS))
                next_blow = now + rng.uniform(*PEACE_SECONDS)
            if now >= next_look:
                look()
                next_look = time.monotonic() + LOOK_SECONDS
            time.sleep(TICK_SECONDS)
        self._rest([client.process for client in clients.values()])

    def _start(self, worker: int, generation: int) -> BaseProcess:
        process = _fork.Process(
            target=work, args=(self.plan, self.functions, worker, generation), daemon=True
        )
        process.start()
        self.done["started"] += 1
        return process

    def _revive(self, worker: int, client: Client, now: float) -> None:
        if client.stopped_until and now >= client.stopped_until:
            _signal(client.process, signal.SIGCONT)
            client.stopped_until = 0.0
        if not client.process.is_alive():
            code = client.process.exitcode
            self.done["died by themselves" if code == 0 or (code and code > 0) else "killed"] += 1
            client.generation += 1
            client.process, client.stopped_until = self._start(worker, client.generation), 0.0

    def _strike(self, client: Client, dice: float, seconds: float) -> None:
        if client.stopped_until:
            return
        if dice < 0.5:
            _signal(client.process, signal.SIGKILL)
        else:
            _signal(client.process, signal.SIGSTOP)
            client.stopped_until = time.monotonic() + seconds
            self.done["stopped for a while"] += 1

    def _rest(self, processes: list[BaseProcess]) -> None:
        """Every worker ends its last call; who hangs is killed."""
        deadline = time.monotonic() + LAST_CALLS_SECONDS
        for process in processes:
            _signal(process, signal.SIGCONT)
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                self.done["hung"] += 1
                process.kill()
                process.join()


def _signal(process: BaseProcess, number: signal.Signals) -> None:
    if process.pid and process.is_alive():
        os.kill(process.pid, number)
