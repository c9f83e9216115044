"""promote-{env}: its API routes, the workflow's tasks, the reconciling schedule and hints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.promote.line import look_at, promotion, reconcile
from lambdas.promote.verbs import answer
from promptops.aws.change_events import is_change_event
from promptops.aws.http_api import ApiCall, is_api_event, respond_error
from promptops.aws.lambda_time import until_timeout
from promptops.contract.messages import Message, PromoteTask, parse_task
from promptops.ports import SecondsLeft

logger = Logger(service="promote", log_uncaught_exceptions=True)
TASKS: dict[str, Callable[[PromoteTask, SecondsLeft], Message]] = {
    "begin": lambda task, _: promotion.begin(task.request_id),
    "check": lambda task, _: promotion.check(task.request_id),
    "promote": lambda task, _: promotion.promote(task.request_id),
    "end": lambda task, _: promotion.end(task.request_id, task.error),
    "reconcile": lambda task, seconds_left: reconcile(task.prompt_ids, seconds_left),
}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    if is_api_event(event):
        try:
            return answer(ApiCall.from_event(event))
        except Exception as error:
            return respond_error(error)
    if is_change_event(event):
        return look_at(event, until_timeout(context)).to_dict()
    task = TASKS[parse_task(event, tuple(TASKS))]
    return task(PromoteTask.from_event(event), until_timeout(context)).to_dict()
