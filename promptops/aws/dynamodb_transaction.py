"""Transactions that wait while others are in their way."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from promptops.aws.error_mapping import mapped

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Sleep = Callable[[float], None]
MAX_ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.05
BUSY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
FAILED = "ConditionalCheckFailed"


def attempts(sleep: Sleep = time.sleep) -> Iterator[int]:
    """Numbers of attempts, with a longer pause before each next one, so that rivals do not meet again."""
    for attempt in range(MAX_ATTEMPTS):
        if attempt:
            sleep(FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311
        yield attempt


def transact(client: DynamoDBClient, items: Sequence[Mapping[str, Any]]) -> list[int] | None:
    """None when it is done; else the positions of failed conditions, none where others were in the way."""
    with mapped("dynamodb:TransactWriteItems"):
        try:
            client.transact_write_items(TransactItems=items)  # type: ignore[arg-type]
        except client.exceptions.TransactionCanceledException as error:
            codes = [reason.get("Code") for reason in error.response["CancellationReasons"]]
            if not {FAILED, *BUSY} & set(codes):
                raise
            return [position for position, code in enumerate(codes) if code == FAILED]
    return None
