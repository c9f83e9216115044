"""A promote function that ends between commit and pointer, in place of the deployed one for a while."""

from __future__ import annotations

from contextlib import AbstractContextManager

from tests.e2e.conftest import LocalAws
from tests.e2e.installing import started_by

STOPPING = '''
"""promote as it is deployed, but it ends before it writes a pointer."""

import os

from lambdas.promote.handler import handler
from lambdas.promote.line import pointers

pointers.write = lambda prompt_id, value: os._exit(1)
'''


def stopping_before_the_pointer(aws: LocalAws, function: str) -> AbstractContextManager[None]:
    """The deployed function ends before it writes a pointer, for a while."""
    return started_by(aws, function, "stopping", STOPPING)
