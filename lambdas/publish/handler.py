"""publish: API routes for versions and for sensitive cases; tasks that validate and archive versions."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.publish.line import archive_all, publish_source, upload_dataset, validate_again
from promptops.aws.http_api import ApiCall, is_api_event, respond, respond_error
from promptops.contract.bodies import DatasetBody, PublishBody
from promptops.contract.messages import ValidateTask, parse_task
from promptops.domain.identifiers import PromptRef
from promptops.domain.source import PromptSource

logger = Logger(service="publish", log_uncaught_exceptions=True)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if is_api_event(event):
        try:
            return answer(ApiCall.from_event(event))
        except Exception as error:
            return respond_error(error)
    if parse_task(event, ("validate", "archive")) == "archive":
        return archive_all()
    task = ValidateTask.from_event(event)
    validate_again(PromptRef(task.prompt_id, task.version))
    return {"valid": True}


def answer(call: ApiCall) -> dict[str, Any]:
    actor = call.actor
    if call.route_key == "POST /v1/datasets":
        return respond(200, upload_dataset(DatasetBody.from_event(call.body).cases).to_dict())
    body = PublishBody.from_event(call.body)
    source = PromptSource.from_dict(body.source)
    published = publish_source(source, body.dataset, actor, body.authors, body.commit, pinned=body.version)
    return respond(200, published.to_dict())
