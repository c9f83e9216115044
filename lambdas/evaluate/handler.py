"""evaluate: the workflow's tasks plan, chunk, decide and report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.evaluate.line import evaluation
from promptops.aws.lambda_time import until_timeout
from promptops.contract.messages import EvaluateTask, Message, parse_task
from promptops.ports import SecondsLeft

logger = Logger(service="evaluate", log_uncaught_exceptions=True)
TASKS: dict[str, Callable[[EvaluateTask, SecondsLeft], Message]] = {
    "plan": lambda task, _: evaluation.plan(task),
    "chunk": evaluation.chunk,
    "decide": lambda task, _: evaluation.decide(task),
    "report": lambda task, _: evaluation.report(task),
}


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    task = TASKS[parse_task(event, tuple(TASKS))]
    return task(EvaluateTask.from_event(event), until_timeout(context)).to_dict()
