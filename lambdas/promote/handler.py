"""promote-{env}: its API routes, the workflow's tasks and the reconciling schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.promote.line import make_request, promotion, reconcile, roll_back
from promptops.aws.http_api import ApiCall, is_api_event, respond, respond_error
from promptops.contract.answers import Unchanged
from promptops.contract.messages import Message, PromoteBody, PromoteTask, RollbackBody, parse_task

logger = Logger(service="promote", log_uncaught_exceptions=True)
TASKS: dict[str, Callable[[PromoteTask], Message]] = {
    "begin": lambda task: promotion.begin(task.request_id),
    "check": lambda task: promotion.check(task.request_id),
    "promote": lambda task: promotion.promote(task.request_id),
    "end": lambda task: promotion.end(task.request_id, task.error),
    "reconcile": lambda _: reconcile(),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if is_api_event(event):
        try:
            return answer(ApiCall.from_event(event))
        except Exception as error:
            return respond_error(error)
    return TASKS[parse_task(event, tuple(TASKS))](PromoteTask.from_event(event)).to_dict()


def answer(call: ApiCall) -> dict[str, Any]:
    if call.route_key.endswith("/rollback"):
        done = roll_back(RollbackBody.from_event(call.body), call.actor)
        return respond(200 if done.projected else 202, done.to_dict())
    evaluate = call.route_key.endswith("/evaluate")
    made = make_request("evaluate" if evaluate else "promote", PromoteBody.from_event(call.body), call.actor)
    return respond(200 if isinstance(made, Unchanged) else 202, made.to_dict())
