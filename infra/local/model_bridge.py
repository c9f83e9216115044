"""Between the emulator's Bedrock and the stand-in model: a model that fails is an error, not a canned reply.

Where the address it forwards to is down or answers anything but 200, the emulator invents a reply and reports
success. The bridge is always up; for a failed model it answers with the one thing that the emulator's Bedrock
passes on as a failure: a tool call nobody can parse, which ends as stop reason `malformed_tool_use`, no text.
Embeddings pass through our own correction of the emulator, which understands a status.
"""

from __future__ import annotations

import json
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from infra.local.loopback import fetch
from infra.local.ports import LOOPBACK

COMPLETIONS, EMBEDDINGS = "/v1/chat/completions", "/v1/embeddings"
# The emulator waits 30 seconds and then invents a reply.
_TIMEOUT_SECONDS = 25
_FAILED = {
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "model-failed",
                        "type": "function",
                        "function": {
                            "name": "model_failed",
                            "arguments": "{not JSON: the model did not answer",
                        },
                    }
                ],
            },
        }
    ],
}


class ModelBridge(ThreadingHTTPServer):
    """Listens on `port` of the loopback interface and forwards to `model_url`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, model_url: str) -> None:
        super().__init__((LOOPBACK, port), _Handler)
        self.model_url = model_url

    def server_bind(self) -> None:
        # HTTPServer would look up the name of the address, which takes seconds where DNS is slow.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, int(self.server_address[1])

    def completion(self, request: bytes) -> bytes:
        """The model's answer, or the failed one."""
        status, body = self._forwarded(COMPLETIONS, request)
        return body if status == 200 and _has_text(body) else _failed()

    def embeddings(self, request: bytes) -> tuple[int, bytes]:
        """The model's answer with its status, 503 where there is none."""
        return self._forwarded(EMBEDDINGS, request)

    def _forwarded(self, path: str, request: bytes) -> tuple[int, bytes]:
        try:
            answer = fetch(
                self.model_url + path,
                method="POST",
                body=request,
                headers={"Content-Type": "application/json"},
                timeout_seconds=_TIMEOUT_SECONDS,
            )
        except (OSError, HTTPException):
            return 503, b"{}"
        return answer.status, answer.body


class _Handler(BaseHTTPRequestHandler):
    server: ModelBridge
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        request = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        embedding = self.path == EMBEDDINGS
        status, body = (
            self.server.embeddings(request) if embedding else (200, self.server.completion(request))
        )
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is sent to a model does not belong into a log."""


def _has_text(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body)["choices"][0]["message"]["content"], str)
    except (ValueError, LookupError, TypeError):
        return False


def _failed() -> bytes:
    return json.dumps(_FAILED).encode()
