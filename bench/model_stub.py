"""A model server of known latency, on loopback: OpenAI's chat completions and Bedrock's Converse.

`python -m bench.model_stub LATENCY_SECONDS` prints its port and serves until its standard input closes. It is
a process of its own, so that what it takes is not taken from the runner that is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

ANSWER = "The card arrives within five working days."
_CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "stub",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"},
    ],
    "usage": {"prompt_tokens": 60, "completion_tokens": 9, "total_tokens": 69},
}
_CONVERSE = {
    "output": {"message": {"role": "assistant", "content": [{"text": ANSWER}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 60, "outputTokens": 9, "totalTokens": 69},
    "metrics": {"latencyMs": 50},
}


def _response(document: object) -> bytes:
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


CHAT, CONVERSE = _response(_CHAT), _response(_CONVERSE)


class Tally:
    """What the server saw since it was last asked: requests, and the seconds from first to last answer."""

    def __init__(self) -> None:
        self.requests, self.first, self.last, self.held, self.open, self.most_open = 0, 0.0, 0.0, 0.0, 0, 0

    def to_dict(self) -> dict[str, float]:
        return {
            "requests": self.requests,
            "seconds": self.last - self.first,
            "mean_held_seconds": self.held / self.requests if self.requests else 0.0,
            "most_at_once": self.most_open,
        }


class Connection(asyncio.Protocol):
    """One keep-alive connection: a request is answered when its latency has passed."""

    tally = Tally()
    latency_seconds = 0.05

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.received = transport, b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while True:
            head_end = self.received.find(b"\r\n\r\n")
            if head_end < 0:
                return
            head = self.received[:head_end].lower()
            if b"\r\nexpect: 100-continue" in head and len(self.received) == head_end + 4:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            at = head.find(b"\r\ncontent-length:")
            length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.received) < head_end + 4 + length:
                return
            self.received = self.received[head_end + 4 + length :]
            self._take(head)

    def _take(self, head: bytes) -> None:
        if head.startswith(b"get /tally"):
            answer = _response(Connection.tally.to_dict())
            if not head.startswith(b"get /tally?keep"):
                Connection.tally = Tally()
            self.transport.write(answer)
            return
        now, tally = time.perf_counter(), Connection.tally
        tally.first = tally.first or now
        tally.open += 1
        tally.most_open = max(tally.most_open, tally.open)
        answer = CONVERSE if b"/converse http" in head.split(b"\r\n", 1)[0] else CHAT
        asyncio.get_running_loop().call_later(self.latency_seconds, self._answer, answer, now, tally)

    def _answer(self, answer: bytes, since: float, tally: Tally) -> None:
        tally.last = time.perf_counter()
        tally.requests += 1
        tally.held += tally.last - since
        tally.open -= 1
        if not self.transport.is_closing():
            self.transport.write(answer)


async def _serve(latency_seconds: float) -> None:
    # epoll waits in whole milliseconds, rounded up: the server would be half a millisecond late on average.
    Connection.latency_seconds = max(0.0, latency_seconds - 0.0006)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
