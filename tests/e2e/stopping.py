"""A promote function that ends between commit and pointer, in place of the deployed one for a while."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from infra.local.loopback import fetch
from tests.e2e.conftest import LocalAws
from tests.e2e.waiting import until

STOPPING = '''
"""promote as it is deployed, but it ends before it writes a pointer."""

import os

from lambdas.promote.handler import handler
from lambdas.promote.line import pointers

pointers.write = lambda prompt_id, value: os._exit(1)
'''


@contextmanager
def stopping_before_the_pointer(aws: LocalAws, function: str) -> Iterator[None]:
    """The deployed function's own code and one module more, in its place for a while."""
    deployed = aws.client("lambda").get_function(FunctionName=function)
    place = urlsplit(deployed["Code"]["Location"])
    url = f"{aws.instance.endpoint}{place.path}?{place.query}"
    code = fetch(url, certificate=aws.instance.certificate).body
    stopping = io.BytesIO(code)
    with zipfile.ZipFile(stopping, "a") as archive:
        archive.writestr("stopping.py", STOPPING)
    try:
        _install(aws, function, stopping.getvalue(), "stopping.handler")
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
