"""The payloads that travel between the workflow, the API and the functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass
from typing import Any, Literal, TypeVar

from promptops.domain.errors import MalformedRequest, shown

T = TypeVar("T")


class Message:
    """A payload: a frozen dataclass that reads itself from an event and writes itself as a dict."""

    @classmethod
    def from_event(cls: type[T], event: Mapping[str, object]) -> T:
        """The payload in a JSON object; unknown fields are ignored, missing ones raise MalformedRequest."""
        fields = cls.__dataclass_fields__  # type: ignore[attr-defined]
        known = {name: event[name] for name in fields if name in event}
        try:
            return cls(**known)
        except TypeError as error:
            needed = [name for name, field in fields.items() if field.default is MISSING]
            missing = ", ".join(sorted(set(needed) - set(known)))
            raise MalformedRequest(
                f"{cls.__name__} lacks {missing}", f"Send a JSON object with {', '.join(needed)}."
            ) from error

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)  # type: ignore[call-overload, no-any-return]


@dataclass(frozen=True)
class Decided(Message):
    """200 to a decision; `status` is APPROVED or REJECTED, the workflow goes on by itself."""

    approval_id: str
    request_id: str
    environment: str
    prompt_id: str
    version: int
    status: str


@dataclass(frozen=True)
class WorkflowInput(Message):
    """What an execution of the release workflow starts from."""

    request_id: str
    environment: str


PromoteTaskName = Literal["begin", "check", "promote", "end", "reconcile"]


@dataclass(frozen=True)
class PromoteTask(Message):
    """Workflow or schedule to `promote-{env}`. `error` is what a catch handed on, `{Error, Cause}`.

    `reconcile` looks at `prompt_ids`, or at every prompt if there are none.
    """

    task: PromoteTaskName
    request_id: str = ""
    error: Mapping[str, object] | None = None
    prompt_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Begun(Message):
    """Answer to `begin`: the way of this request. `evidence` is `valid` or `missing`.

    `baseline` is the version to compare with, 0 for none, live in `against`; `full` demands every case.
    """

    request_id: str
    environment: str
    prompt_id: str
    version: int
    evidence: str
    path: list[str]
    against: str = ""
    baseline: int = 0
    full: bool = False


@dataclass(frozen=True)
class Checked(Message):
    """Answer to `check`: `approval` is `required`, `none`, or `done` where this release is live already."""

    request_id: str
    environment: str
    approval: str


@dataclass(frozen=True)
class Promoted(Message):
    """Answer to `promote`, to a rollback and to a retirement.

    `projected` is false while clients still see the old pointer; `problem` says why, as errors are written.
    """

    environment: str
    prompt_id: str
    version: int
    revision: int
    kind: str
    from_version: int
    projected: bool
    unchanged: bool = False
    problem: Mapping[str, object] | None = None


@dataclass(frozen=True)
class ValidateTask(Message):
    """Workflow to `publish`: check the published artifact again, with today's rules."""

    prompt_id: str
    version: int
    task: Literal["validate"] = "validate"


EvaluateTaskName = Literal["plan", "chunk", "decide", "report"]


@dataclass(frozen=True)
class EvaluateTask(Message):
    """Workflow to `evaluate`; `evaluation_id` is the request's id, `run_id` where the results are kept.

    `chunk` is one descriptor of the plan, `chunks` their number and `sample_chunks` how many of them are the
    sample; no text ever travels here.
    """

    task: EvaluateTaskName
    prompt_id: str
    version: int
    evaluation_id: str
    dataset_sha256: str = ""
    against: str = ""
    baseline: int = 0
    full: bool = False
    run_id: str = ""
    sample_chunks: int = 0
    chunks: int = 0
    chunk: Mapping[str, int] | None = None
    started_at: str = ""


@dataclass(frozen=True)
class EvaluationPlan(Message):
    """Answer to `plan`: chunks `{chunk, first, count}` over the cases in the order they are drawn.

    `sample` are asked first, `rest` only if `decide` says so. Two evaluations of the same with the same have
    one `run_id`, until one of them has come to evidence: the second goes on where the first one stopped.
    """

    dataset_sha256: str
    run_id: str
    sample: list[Mapping[str, int]]
    rest: list[Mapping[str, int]]
    sample_chunks: int
    chunks: int
    started_at: str


@dataclass(frozen=True)
class ChunkDone(Message):
    """Answer to `chunk`: counts only."""

    chunk: int
    cases: int
    passed: int


@dataclass(frozen=True)
class SampleDecision(Message):
    """Answer to `decide`: `go_on` is `rest` or `report`; the report is over the first `chunks` chunks."""

    go_on: str
    chunks: int


@dataclass(frozen=True)
class Reported(Message):
    """Answer to `report`: where the evidence lies and what it says."""

    report_key: str
    report_sha256: str
    verdict: str
    score: float


@dataclass(frozen=True)
class OpenApprovalTask(Message):
    """Workflow to `approve`, which keeps the token and answers when somebody has decided."""

    request_id: str
    environment: str
    task_token: str
    task: Literal["open"] = "open"


@dataclass(frozen=True)
class ApprovalOutcome(Message):
    """What wakes the workflow; promote ignores it and reads the approval again."""

    approval_id: str
    decision: str


def parse_task(event: Mapping[str, object], known: tuple[str, ...]) -> str:
    """The task an event asks for; raises MalformedRequest for another."""
    task = event.get("task")
    if task not in known:
        raise MalformedRequest(f"task is {shown(task)}", f"Known: {', '.join(known)}.")
    return str(task)
