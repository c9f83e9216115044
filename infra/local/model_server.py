"""A stand-in model behind an OpenAI-compatible address: `python -m infra.local.model_server --port 8089`.

Answers POST /v1/chat/completions and /v1/embeddings, GET /health and GET /requests (how many completions were
asked for), on loopback only. It knows no prompt: see infra/local/model for how it reads and writes.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from infra.local.model.completions import MalformedRequest, completion, embeddings

LOOPBACK = "127.0.0.1"
COMPLETIONS_PATH = "/v1/chat/completions"
EMBEDDINGS_PATH = "/v1/embeddings"

_MAX_BODY_BYTES = 4_000_000


class ModelServer(ThreadingHTTPServer):
    """The stand-in on one port of the loopback interface; port 0 takes a free one, see `port`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int = 0, *, latency_ms: int = 0, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.port = self.server_port
        self.latency_seconds = latency_ms / 1000
        self._sleep = sleep
        self.completions = 0
        self._lock = threading.Lock()

    def server_bind(self) -> None:
        # HTTPServer would look up the name of the address here, which takes seconds where DNS is slow.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The chat completion for a request body, which is counted unless it is malformed."""
        document = completion(request)
        with self._lock:
            self.completions += 1
            document["id"] = f"chatcmpl-standin-{self.completions}"
        self._sleep(self.latency_seconds)
        return document

    def embed(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The embeddings for a request body."""
        return embeddings(request)


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one write: Nagle's algorithm would hold the second back for a delayed ACK.
    wbufsize = -1
    timeout = 60

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(HTTPStatus.OK, {"status": "ok"})
        elif self.path == "/requests":
            self._send(HTTPStatus.OK, {"count": self.server.completions})
        else:
            self._refuse(HTTPStatus.NOT_FOUND, f"no such path: {self.path}")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MAX_BODY_BYTES:
            self.close_connection = True
            self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body may have at most {_MAX_BODY_BYTES} bytes"
            )
            return
        body = self.rfile.read(length)
        asked = {COMPLETIONS_PATH: self.server.complete, EMBEDDINGS_PATH: self.server.embed}.get(self.path)
        if asked is None:
            self._refuse(HTTPStatus.NOT_FOUND, f"no such path: {self.path}")
            return
        try:
            self._send(HTTPStatus.OK, asked(_request(body)))
        except MalformedRequest as refusal:
            self._refuse(HTTPStatus.BAD_REQUEST, str(refusal))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is sent to a model does not belong into a log."""

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._send(
            status, {"error": {"message": message, "type": "invalid_request_error", "code": status.value}}
        )

    def _send(self, status: HTTPStatus, document: Mapping[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _request(body: bytes) -> dict[str, Any]:
    try:
        request = json.loads(body)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise MalformedRequest("the body must be a JSON object")
    return request


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is told to stop; prints the address as its first line."""
    parser = argparse.ArgumentParser(
        prog="model_server", description="A stand-in model on the loopback interface."
    )
    parser.add_argument("--port", type=int, required=True, help="port to listen on; 0 takes a free one")
    parser.add_argument("--latency-ms", type=int, default=0, help="how long each answer takes at least")
    options = parser.parse_args(arguments)
    try:
        server = ModelServer(options.port, latency_ms=options.latency_ms)
    except OSError as error:
        print(
            f"cannot listen on {LOOPBACK}:{options.port} ({error.strerror}); choose another --port",
            file=sys.stderr,
        )
        return 6
    for stopping in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stopping, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"http://{LOOPBACK}:{server.port}", flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
