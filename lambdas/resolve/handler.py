"""resolve for everyone who does not speak Python: POST /v1/resolve, or a direct invocation."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.resolve.line import resolve
from promptops.aws.http_api import ApiCall, is_api_event, respond, respond_error
from promptops.contract.bodies import ResolveBody

logger = Logger(service="resolve", log_uncaught_exceptions=True)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if not is_api_event(event):
        return resolve(ResolveBody.from_event(event))
    try:
        return respond(200, resolve(ResolveBody.from_event(ApiCall.from_event(event).body)))
    except Exception as error:
        return respond_error(error)
