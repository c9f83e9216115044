"""Deployed functions with one module more: their own code, started by another handler for a while."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from infra.local.loopback import fetch
from tests.e2e.conftest import LocalAws
from tests.waiting import until


@contextmanager
def started_by(aws: LocalAws, function: str, module: str, source: str) -> Iterator[None]:
    """Until the end of the block the function runs `handler` of this module, beside its own code."""
    deployed = aws.client("lambda").get_function(FunctionName=function)
    place = urlsplit(deployed["Code"]["Location"])
    url = f"{aws.instance.endpoint}{place.path}?{place.query}"
    code = fetch(url, certificate=aws.instance.certificate).body
    with_module = io.BytesIO(code)
    with zipfile.ZipFile(with_module, "a") as archive:
        archive.writestr(f"{module}.py", source)
    try:
        _install(aws, function, with_module.getvalue(), f"{module}.handler")
        yield
    finally:
        _install(aws, function, code, deployed["Configuration"]["Handler"])
    restored = aws.client("lambda").get_function_configuration(FunctionName=function)
    assert restored["CodeSha256"] == deployed["Configuration"]["CodeSha256"]


def _install(aws: LocalAws, function: str, code: bytes, handler: str) -> None:
    functions = aws.client("lambda")

    def updated() -> bool:
        return functions.get_function_configuration(FunctionName=function)["LastUpdateStatus"] == "Successful"

    functions.update_function_code(FunctionName=function, ZipFile=code)
    until("the new code", updated)
    functions.update_function_configuration(FunctionName=function, Handler=handler)
    until("the new handler", updated)
