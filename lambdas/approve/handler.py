"""approve: the workflow's task, the decision by IAM, and the page where approvers look and decide."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from lambdas.approve.line import ask, site
from lambdas.approve.page.responses import protected
from promptops.aws.http_api import ApiCall, is_api_event, respond_error
from promptops.contract.messages import OpenApprovalTask, parse_task

logger = Logger(service="approve", log_uncaught_exceptions=True)
ROUTES = {
    "POST /v1/approvals/{approval_id}": site.decide_signed,
    "GET /approvals": site.home,
    "GET /approvals/{approval_id}": site.show,
    "POST /approvals/{approval_id}": site.decide,
    "GET /sign-in": site.sign_in,
    "GET /sign-in/callback": site.callback,
    "POST /sign-out": site.sign_out,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    if not is_api_event(event):
        parse_task(event, ("open",))
        return {"approval_id": ask(OpenApprovalTask.from_event(event)).approval_id}
    try:
        call = ApiCall.from_event(event)
    except Exception as error:
        return protected(respond_error(error))
    return site.answer(ROUTES.get(call.route_key, site.nothing), call)
