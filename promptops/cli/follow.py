"""A release request followed to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from promptops.cli.deciders import who_can_decide
from promptops.cli.progress import Progress, progress
from promptops.domain.errors import AccessRefused, PromptOpsError, Unavailable, from_dict
from promptops.domain.report_summary import dollars
from promptops.domain.request import ReleaseRequest, environment_of

if TYPE_CHECKING:
    from promptops.cli.line import Line

POLL_SECONDS = 0.5
WAITING_POLL_SECONDS = 2.0
LOOKS_PER_LOOK_AT_WORKFLOW = 6
FAULTS_IN_A_ROW = 5


def follow(
    request_id: str,
    *,
    line: Line,
    timeout_seconds: float,
    wait: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> ReleaseRequest:
    """The request as it ended, or as it stands when the time is over.

    Its steps are shown as they come, and who can decide while it waits for an approval.
    Raises Unavailable when the workflow ended without recording how.
    """
    with progress("requested") as shown:
        deadline = clock() + timeout_seconds
        watch = _Watch(request_id, line, shown)
        while True:
            request = watch.look()
            if request and (request.ended or clock() >= deadline):
                return request
            waiting = request is not None and request.status == "waiting"
            wait(WAITING_POLL_SECONDS if waiting else POLL_SECONDS)


def error_of(request: ReleaseRequest) -> PromptOpsError | None:
    """Why the request was refused or failed; None if it did not."""
    if request.status not in ("refused", "failed"):
        return None
    error = from_dict(dict(request.error or {"what": f"the request {request.status}"}))
    error.data["request_id"] = request.request_id
    return error


def seconds_after(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


class _Watch:
    """Looks at one request again and again, and shows what is new."""

    def __init__(self, request_id: str, line: Line, shown: Progress) -> None:
        self._request_id = request_id
        self._line = line
        self._shown = shown
        self._ledger = line.ledgers[environment_of(request_id)]
        self._steps = self._faults = self._looks = 0
        self._told = ""

    def look(self) -> ReleaseRequest | None:
        """The request as it stands; None when the ledger did not answer this time."""
        try:
            request = self._ledger.request(self._request_id)
        except Unavailable:
            self._faults += 1
            if self._faults > FAULTS_IN_A_ROW:
                raise
            return None
        self._faults = 0
        self._looks += 1
        if not request.ended and self._looks % LOOKS_PER_LOOK_AT_WORKFLOW == 0:
            request = self._with_workflow(request)
        why = str((request.error or {}).get("message"))
        for step in request.steps[self._steps :]:
            # Why it stopped is said at the end, as the command's error.
            text = request.status if step.text == why else step.text
            self._shown.step(seconds_after(request.requested_at, step.at), text)
        self._steps = len(request.steps)
        if not self._shown.state.startswith(request.status):
            self._shown.state = request.status
        if request.status == "evaluating":
            self._count()
        if request.status == "waiting":
            self._tell(request)
        return request

    def _count(self) -> None:
        """How far the evaluation has come, where that can be read: it is worth no failure."""
        try:
            run = self._line.runs.status(self._request_id)
        except PromptOpsError:
            return
        if run:
            cost = f", {dollars(run.spent_usd)} so far" if run.spent_usd else ""
            # A chunk that was run again after its answer got lost is counted twice.
            done = min(run.done, run.cases)
            passed = min(run.passed, done)
            self._shown.count(f"evaluating: {done:,} of {run.cases:,} cases, {passed:,} passed{cost}")

    def _tell(self, request: ReleaseRequest) -> None:
        """Say once for each approval who can decide it."""
        for environment in request.path:
            approval = self._line.ledgers[environment].approval_of_request(request.request_id)
            if approval and approval.status == "PENDING" and approval.approval_id != self._told:
                self._told = approval.approval_id
                for text in who_can_decide(approval, self._line):
                    self._shown.say(text)

    def _with_workflow(self, request: ReleaseRequest) -> ReleaseRequest:
        """The request, unless its workflow has ended and left it open."""
        try:
            status = self._line.execution_status(request.execution_arn)
        except (AccessRefused, Unavailable):
            return request
        latest = self._ledger.request(self._request_id)
        if status == "RUNNING" or latest.ended:
            return latest
        raise Unavailable(
            f"the workflow of request {self._request_id} ended as {status} and recorded no outcome",
            "Look at what is live with promptops show, then promote again.",
        )
