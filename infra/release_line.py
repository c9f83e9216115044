"""The release workflow: what follows what. An execution carries ids, counts and verdicts, never a text."""

from __future__ import annotations

from infra.evaluation_line import evaluation
from infra.states import (
    APPROVE,
    PROMOTE,
    PUBLISH,
    State,
    as_caught,
    choice,
    each,
    human_task,
    message,
    task,
)
from promptops.contract.answers import Ended
from promptops.contract.messages import (
    OpenApprovalTask,
    PromoteTask,
    ValidateTask,
    WorkflowInput,
)
from promptops.domain.errors import ApprovalExpired, EvidenceRequired

_RECORD = "Record outcome"
_NO_EVIDENCE = EvidenceRequired("the evaluation left no valid evidence", "Promote again.")
_PROMPT = {"prompt_id": "$.prompt_id", "version": "$.version"}
_REQUEST = {"request_id": "$.request_id"}


def definition(*, concurrency: int, approval_hours: int, total_hours: int) -> State:
    """The whole workflow in Amazon States Language."""
    return {
        "Comment": "One release: evidence, approval, promotion in order; every end is recorded",
        "TimeoutSeconds": total_hours * 3600,
        "StartAt": "Begin",
        "States": {
            "Begin": _begin(then="Validate"),
            "Validate": task(
                PUBLISH,
                message(ValidateTask, task="validate", **_PROMPT),
                then="Evidence?",
                catch=_RECORD,
                ResultPath=None,
            ),
            "Evidence?": choice("$.evidence", {"valid": "Release"}, otherwise="Plan evaluation"),
            **evaluation(concurrency, then="Read evidence", catch=_RECORD),
            "Read evidence": _begin(then="Evidence now?"),
            "Evidence now?": choice("$.evidence", {"valid": "Release"}, otherwise="No evidence"),
            "No evidence": {
                "Type": "Pass",
                "ResultPath": "$.error",
                "Next": _RECORD,
                "Result": as_caught(_NO_EVIDENCE),
            },
            "Release": each(
                "$.path",
                message(WorkflowInput, environment="$$.Map.Item.Value", **_REQUEST),
                _one_environment(approval_hours),
                then="Record success",
                catch=_RECORD,
                at_once=1,
            ),
            "Record success": task(
                PROMOTE, message(PromoteTask, task="end", **_REQUEST), then="Done", catch="Not recorded"
            ),
            "Done": {"Type": "Succeed"},
            _RECORD: task(
                PROMOTE,
                message(PromoteTask, task="end", error="$.error", **_REQUEST),
                then="Refused?",
                catch="Not recorded",
                ResultSelector=message(Ended, status="$.Payload.status"),
                ResultPath="$.ended",
            ),
            # A run fails, and calls somebody, where the line broke; not where it worked and said no.
            "Refused?": choice("$.ended.status", {"refused": "Done"}, otherwise="Not released"),
            "Not released": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
            "Not recorded": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
        },
    }


def _begin(*, then: str) -> State:
    payload = message(PromoteTask, task="begin", **_REQUEST)
    return task(PROMOTE, payload, then=then, catch=_RECORD, OutputPath="$.Payload")


def _one_environment(approval_hours: int) -> dict[str, State]:
    """Check, ask another person where policy says so, promote.

    The token only wakes this: whatever was decided, promote reads the approval itself and refuses by name.
    """
    ask = message(
        OpenApprovalTask,
        task="open",
        environment="$.environment",
        **_REQUEST,
        task_token="$$.Task.Token",  # noqa: S106
    )
    return {
        "Check": task(
            PROMOTE, message(PromoteTask, task="check", **_REQUEST), then="Approval?", OutputPath="$.Payload"
        ),
        "Approval?": choice(
            "$.approval", {"required": "Wait for approval", "done": "Live already"}, otherwise="Promote"
        ),
        "Wait for approval": human_task(
            APPROVE, ask, then="Promote", timeout_seconds=approval_hours * 3600, on_timeout="Nobody decided"
        ),
        "Nobody decided": {
            "Type": "Fail",
            **as_caught(ApprovalExpired(f"nobody decided within {approval_hours} hours", "Promote again.")),
        },
        "Promote": task(PROMOTE, message(PromoteTask, task="promote", **_REQUEST), OutputPath="$.Payload"),
        "Live already": {"Type": "Succeed"},
    }
