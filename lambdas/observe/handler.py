"""POST /v1/observe: records of uses in, metrics out."""

from __future__ import annotations

import os
from typing import Any

from aws_lambda_powertools import Logger

from promptops.aws.emf import EmfSink
from promptops.aws.http_api import ApiCall, respond, respond_error
from promptops.contract.bodies import ObserveBody
from promptops.contract.names import metric_namespace
from promptops.contract.settings import ObserveSettings
from promptops.stages.observe import observe

logger = Logger(service="observe", log_uncaught_exceptions=True)
SETTINGS = ObserveSettings.from_env(os.environ)
SINK = EmfSink(metric_namespace(SETTINGS.prefix))
ENVIRONMENTS = tuple(SETTINGS.environments.split(","))


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    try:
        body = ObserveBody.from_event(ApiCall.from_event(event).body)
        return respond(202, {"accepted": observe(body.records, environments=ENVIRONMENTS, sink=SINK)})
    except Exception as error:
        return respond_error(error)
