"""Connections that send a request's head and body in one write."""

from __future__ import annotations

from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


def in_one_write(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    """The same manager, whose connections write once a request.

    Each write lets another thread run first: with a hundred of them that takes longer than the write.
    """
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager


class _OneWrite:
    """Holds the head back until the body comes; without a body nothing is held."""

    _holding = False
    _head = b""

    def request(self, method: str, url: str, body: Any = None, *rest: Any, **named: Any) -> None:
        self._holding, self._head = isinstance(body, bytes) and bool(body), b""
        super().request(method, url, body, *rest, **named)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self._holding and not self._head:
            self._head = data
            return
        # Before anything is sent: to send may mean to connect first, through a proxy, which sends too.
        head, self._head, self._holding = self._head, b"", False
        super().send(head + data if head else data)  # type: ignore[misc]


class _Connection(_OneWrite, HTTPConnection):
    pass


class _TlsConnection(_OneWrite, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection
