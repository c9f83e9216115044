"""A running instance with the stacks deployed, or nothing at all."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from infra.local.access import give_access
from infra.local.certificate import make_certificate
from infra.local.checkout import INSTANCES, check_tools
from infra.local.deploy import deploy
from infra.local.emulator import emulator_answers
from infra.local.errors import BAD_INPUT, LocalError
from infra.local.instance import Instance, create, folder_of, remove, shown
from infra.local.loopback import answers
from infra.local.object_lock import lock_buckets
from infra.local.progress import step
from infra.local.sign_ins import give_sign_ins
from infra.local.supervision import hold, is_supervised, start_supervisor, stop_supervisor


def bring_up(name: str, port: int | None = None) -> Instance:
    """The instance, up and deployed; a healthy one stays and gets today's code. Raises LocalError.

    If it had to be started and something fails, or somebody presses Ctrl-C, it is stopped again.
    """
    check_tools()
    with _alone(name):
        running = running_instance(name)
        if running and port not in (None, running.port):
            raise LocalError(
                "E_PORT",
                f"{name} is up already, on another port ({running.port})",
                f"Leave --port out, or stop it with promptops local down --name {name}.",
                exit_code=BAD_INPUT,
            )
        try:
            return _set_up(running or _start(name, port))
        except BaseException:
            if not running:
                stop_supervisor(name)
                remove(name)
            raise


def take_down(name: str) -> bool:
    """Stop an instance and remove what was in it, but its logs; False if there was none."""
    with _alone(name):
        there = Instance.load(name) is not None
        stop_supervisor(name)
        remove(name)
        return there


def running_instance(name: str) -> Instance | None:
    """The instance if its supervisor lives and all that belongs to it answers."""
    instance = Instance.load(name)
    return instance if instance and is_supervised(name) and all(health(instance).values()) else None


def health(instance: Instance) -> dict[str, bool]:
    """Whether each part answers."""
    return {
        "emulator": emulator_answers(instance),
        "model": answers(f"{instance.model_url}/health"),
        "mail": answers(instance.mail_url),
    }


def _start(name: str, port: int | None) -> Instance:
    if is_supervised(name):
        print(f"A part of the local AWS {name} does not answer: starting anew.", file=sys.stderr)
    stop_supervisor(name)
    instance = create(name, port)
    make_certificate(instance.certificate, instance.key)
    with step("Starting the local AWS"):
        start_supervisor(instance)
    return instance


def _set_up(instance: Instance) -> Instance:
    deployed = deploy(instance)
    try:
        with step("Giving the demo's people access"):
            lock_buckets(deployed)
            give_access(deployed)
            return give_sign_ins(deployed)
    except (BotoCoreError, ClientError) as error:
        log = shown(instance.logs / "emulator.log")
        raise LocalError(
            "E_LOCAL_SETUP", f"the local AWS refused a step ({error})", f"Read {log}."
        ) from error


@contextmanager
def _alone(name: str) -> Iterator[None]:
    folder_of(name)
    lock = hold(INSTANCES / f"{name}.lock")
    if lock is None:
        raise LocalError(
            "E_BUSY",
            f"another command is working on the local AWS ({name})",
            "Wait for it, or use another --name.",
        )
    with lock:
        yield
