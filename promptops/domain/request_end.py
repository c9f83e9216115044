"""How a release request ends."""

from __future__ import annotations

from collections.abc import Mapping

from promptops.domain.errors import ApprovalExpired
from promptops.domain.evidence_rules import PROMOTE_AGAIN
from promptops.domain.release_rules import is_refusal
from promptops.domain.request import ReleaseRequest
from promptops.domain.workflow_error import TIMEOUT, from_workflow


def succeeded(request: ReleaseRequest, at: str) -> ReleaseRequest:
    if request.kind == "evaluate":
        return request.step(at, "evaluated", status="evaluated")
    return request.step(at, f"released in {', '.join(request.path)}", status="released")


def stopped(request: ReleaseRequest, error: Mapping[str, object], at: str) -> ReleaseRequest:
    """The request with the workflow's error, refused if the line said no and failed if it broke."""
    problem = from_workflow(error)
    if error.get("Error") == TIMEOUT and request.status == "waiting":
        problem = ApprovalExpired("nobody decided in time", PROMOTE_AGAIN)
    status = "refused" if is_refusal(problem) else "failed"
    return request.step(at, str(problem), status=status, error=problem.to_dict())
