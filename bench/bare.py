"""The least a client in Python can do: threads that post with the standard library and read the answer."""

from __future__ import annotations

import http.client
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from bench import product


class Bare:
    """Answers a second, of a model and nothing else: no rendering, no retries, no grading."""

    def __init__(self, url: str, connections: int) -> None:
        self._address = urlsplit(url).netloc
        self._connections = connections
        self._own = threading.local()

    def answers_per_second(self, count: int) -> float:
        with ThreadPoolExecutor(self._connections) as threads:
            list(threads.map(self._ask, range(self._connections)))
            began = time.perf_counter()
            list(threads.map(self._ask, range(count)))
            return count / (time.perf_counter() - began)

    def _ask(self, number: int) -> None:
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = http.client.HTTPConnection(self._address, timeout=30)
        content = product.PROMPT.replace("{{question}}", product.question(number))
        body = {"model": "stub", "max_tokens": 100, "messages": [{"role": "user", "content": content}]}
        headers = {"content-type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body).encode(), headers)
        answered = json.loads(connection.getresponse().read())
        if "card" not in answered["choices"][0]["message"]["content"]:
            raise RuntimeError("the stub's answer has changed")
