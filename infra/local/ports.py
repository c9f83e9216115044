"""Ports of the loopback interface."""

from __future__ import annotations

import random
import socket

from infra.local.errors import BAD_INPUT, LocalError

LOOPBACK = "127.0.0.1"
# Below the range from which systems take the ports of outgoing connections, so that none takes ours.
_RANGE = range(20_000, 30_000)
_LOWEST = 1024
_HIGHEST = 65_535


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens on now."""
    found: list[int] = []
    for port in random.sample(_RANGE, len(_RANGE)):
        if len(found) == count:
            return found
        if _is_free(port):
            found.append(port)
    raise LocalError(
        "E_NO_PORT", f"no free port from {_RANGE.start} to {_RANGE.stop}", "Stop what uses them."
    )


def check_port(port: int) -> int:
    """The port a person asked for; raises LocalError if it is out of range or taken."""
    if not _LOWEST <= port <= _HIGHEST:
        raise LocalError(
            "E_PORT",
            f"the port is out of range ({port})",
            f"Choose {_LOWEST} to {_HIGHEST}.",
            exit_code=BAD_INPUT,
        )
    if not _is_free(port):
        raise LocalError(
            "E_PORT_TAKEN",
            f"another program listens on the port ({port})",
            "Choose another --port, or leave it out.",
            exit_code=BAD_INPUT,
        )
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
