"""Faults between a boto3 client and AWS: refused before, applied with the reply lost, for once or for good.

A hook on `before-send`, so that everything above it is real: signing, botocore's own retries, the parsing of
errors. Works on emulated services and on a local AWS alike.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Literal

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

#: What happens to one request: an answer in AWS's place, or an exception.
Effect = Callable[[AWSPreparedRequest], AWSResponse]
Wire = Callable[[AWSPreparedRequest], AWSResponse]
Moment = Literal["before", "after"]
ONCE = 1
FOR_GOOD = 1_000_000_000


@dataclass(frozen=True)
class Fault:
    """What goes wrong with some requests of one service.

    `before`: the request never arrives; `after`: it is applied, and the effect takes the place of its reply.
    `operation` may be `*`; `about` is a text the request's address or body must hold; `first` counts matching
    requests from 1, botocore's own repetitions among them.
    """

    service: str
    operation: str
    effect: Effect
    moment: Moment = "before"
    first: int = 1
    times: int = ONCE
    about: str = ""

    def matches(self, service: str, operation: str, request: AWSPreparedRequest) -> bool:
        return (
            service == self.service
            and self.operation in ("*", operation)
            and self.about.encode() in _text(request)
        )


@dataclass(frozen=True)
class Sent:
    """One request as it left, also if it was kept from arriving."""

    service: str
    operation: str
    text: str


@dataclass
class Injector:
    """The faults in force, and every request that was made through its clients."""

    faults: list[Fault] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    _matched: dict[int, int] = field(default_factory=dict)
    _wires: dict[str, Wire] = field(default_factory=dict)

    def client(self, service: str, **arguments: Any) -> Any:
        """A boto3 client, made as usual, whose requests pass here."""
        return self.watch(boto3.client(service, **arguments))  # type: ignore[call-overload]

    def watch(self, client: Any) -> Any:
        """The same client, from now on with faults."""
        name = client.meta.service_model.service_name
        wire = self._wires[name] = _wire(client)

        def hook(event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse:
            return self._pass(name, event_name.rsplit(".", 1)[1], request, wire)

        client.meta.events.register_first("before-send", hook)
        return client

    def set(self, faults: Iterable[Fault]) -> None:
        """Have these faults and no others, and count from 1 again."""
        self.faults, self._matched = list(faults), {}

    def heal(self) -> None:
        self.set(())

    @contextmanager
    def having(self, *faults: Fault) -> Iterator[None]:
        self.set(faults)
        try:
            yield
        finally:
            self.heal()

    def arrives(self, service: str, request: AWSPreparedRequest) -> AWSResponse:
        """AWS's own answer to a request that was held back."""
        return self._wires[service](request)

    def _pass(self, service: str, operation: str, request: AWSPreparedRequest, wire: Wire) -> AWSResponse:
        self.sent.append(Sent(service, operation, _text(request).decode(errors="replace")))
        struck = [fault for fault in self.faults if self._strikes(fault, service, operation, request)]
        for fault in struck:
            if fault.moment == "before":
                return fault.effect(request)
        answer = wire(request)
        return struck[0].effect(request) if struck else answer

    def _strikes(self, fault: Fault, service: str, operation: str, request: AWSPreparedRequest) -> bool:
        if not fault.matches(service, operation, request):
            return False
        number = self._matched[id(fault)] = self._matched.get(id(fault), 0) + 1
        return fault.first <= number < fault.first + fault.times


def answers(code: str, status: int = 400) -> Effect:
    """AWS answers with this error."""

    def effect(request: AWSPreparedRequest) -> AWSResponse:
        if _is_s3(request):
            return _response(request, status, f"<Error><Code>{code}</Code><Message/></Error>".encode())
        return _response(request, status, json.dumps({"__type": code, "message": "injected"}).encode())

    return effect


def says(content: bytes) -> Effect:
    """AWS answers well, with these bytes."""
    return lambda request: _response(request, 200, content)


def cancels(code: str) -> Effect:
    """DynamoDB cancels a transaction because of its first item."""

    def effect(request: AWSPreparedRequest) -> AWSResponse:
        items = len(json.loads(_text(request).partition(b"\n")[2])["TransactItems"])
        reasons = [{"Code": code}, *({"Code": "None"} for _ in range(items - 1))]
        document = {"__type": "TransactionCanceledException", "CancellationReasons": reasons}
        return _response(request, 400, json.dumps(document).encode())

    return effect


def first(act: Callable[[], object], then: Effect) -> Effect:
    """Something else happens meanwhile."""

    def effect(request: AWSPreparedRequest) -> AWSResponse:
        act()
        return then(request)

    return effect


def no_connection(request: AWSPreparedRequest) -> AWSResponse:
    raise EndpointConnectionError(endpoint_url=request.url)


def times_out(request: AWSPreparedRequest) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


def loses_the_reply(request: AWSPreparedRequest) -> AWSResponse:
    raise ConnectionClosedError(endpoint_url=request.url)


class _Raw(BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        while block := self.read(65_536):
            yield block


def _response(request: AWSPreparedRequest, status: int, body: bytes) -> AWSResponse:
    headers = {"Content-Length": str(len(body)), "x-amzn-RequestId": "injected"}
    return AWSResponse(request.url, status, headers, _Raw(body))


def _is_s3(request: AWSPreparedRequest) -> bool:
    """Whether errors are written in XML; every other service here writes JSON."""
    return b"/s3/aws4_request" in _bytes(request.headers.get("Authorization", ""))


def _text(request: AWSPreparedRequest) -> bytes:
    """Address and body, a line break between them."""
    body = request.body
    content = body if isinstance(body, (bytes, bytearray, str)) else b""
    return request.url.encode() + b"\n" + _bytes(content)


def _bytes(text: bytes | bytearray | str) -> bytes:
    return text.encode() if isinstance(text, str) else bytes(text)


def _wire(client: Any) -> Wire:
    """Where requests go behind the hook.

    Emulated services answer in a handler of the same event, and botocore asks every handler: one that stayed
    would apply what a fault in front of it keeps away.
    """
    emulator = _emulator()
    if emulator is None:
        return client._endpoint.http_session.send  # type: ignore[no-any-return]
    client.meta.events.unregister("before-send", emulator)
    return lambda request: emulator("before-send", request)


def _emulator() -> Any:
    """The handler of emulated services while they are in place, without loading them where they are not."""
    models = sys.modules.get("moto.core.models")
    return models.botocore_stubber if models and models.botocore_stubber.enabled else None
