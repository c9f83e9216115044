"""A request goes out in one write, whatever it is, and comes out whole."""

from __future__ import annotations

import socket
import threading

import pytest
import urllib3

from promptops.models.one_write import in_one_write


class Listener:
    """Answers every request with what it received; keeps each write apart by the wait for the next one."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._server.accept()
            with connection:
                while received := connection.recv(1_000_000):
                    head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(received)}\r\n\r\n".encode()
                    connection.sendall(head + received)


@pytest.fixture
def manager() -> urllib3.PoolManager:
    return in_one_write(urllib3.PoolManager(retries=False, timeout=5))


def test_head_and_body_are_written_at_once(manager: urllib3.PoolManager, monkeypatch: pytest.MonkeyPatch):
    writes: list[bytes] = []
    write = socket.socket.sendall
    monkeypatch.setattr(
        socket.socket, "sendall", lambda self, data: (writes.append(bytes(data)), write(self, data))[1]
    )
    url = Listener().url

    for body in (b"first", b"second"):
        answer = manager.request("POST", url, body=body, headers={"x-name": "value"})
        assert answer.data.endswith(b"\r\n\r\n" + body)

    asked = [data for data in writes if data.startswith(b"POST")]
    assert [data.rpartition(b"\r\n\r\n")[2] for data in asked] == [b"first", b"second"]


def test_a_request_without_a_body_is_not_held_back(manager: urllib3.PoolManager):
    answer = manager.request("GET", Listener().url)

    assert answer.data.startswith(b"GET / HTTP/1.1")


def test_a_connection_that_was_lost_sends_its_next_request_whole(manager: urllib3.PoolManager):
    url = Listener().url
    manager.request("POST", url, body=b"first")
    manager.clear()

    answer = manager.request("POST", url, body=b"second")

    assert answer.data.count(b"POST") == 1
    assert answer.data.endswith(b"second")
