"""What a preview measures: a folder's prompt and cases, and the live version beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from promptops.cli.checked import check
from promptops.cli.graders.python import PythonGraders
from promptops.domain.artifact import Artifact
from promptops.domain.assertions import LOCAL
from promptops.domain.dataset import Case, parse_dataset
from promptops.domain.errors import EvaluationEmpty, EvaluationTooFew
from promptops.domain.graders.table import TABLE
from promptops.domain.identifiers import PromptRef
from promptops.domain.policy import Policy, stricter
from promptops.domain.report import Baseline

if TYPE_CHECKING:
    from promptops.cli.line import Line


@dataclass(frozen=True)
class Subject:
    """The prompt as its folder has it, its cases, its rules, and what its author should hear of them."""

    artifact: Artifact
    cases: tuple[Case, ...]
    cases_sha256: str
    policy: Policy
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Live:
    """The version to compare with; `remark` says why there is none."""

    artifact: Artifact | None = None
    baseline: Baseline | None = None
    policy: Policy | None = None
    remark: str = ""


def read_subject(folder: Path, graders: PythonGraders) -> Subject:
    """Raises BadInput's leaves, EvaluationEmpty or EvaluationTooFew; nothing leaves this machine."""
    table = {**TABLE, LOCAL: graders.build}
    checked = check(folder, table)
    artifact, policy = checked.validated.artifact, checked.source.policy
    dataset = checked.validated.dataset
    if dataset.sensitive:
        raise EvaluationEmpty(
            f"the cases of {artifact.prompt_id} are sensitive and lie in the restricted bucket",
            "Publish the folder and evaluate the version: only the stack may read them.",
        )
    if not dataset.content:
        raise EvaluationEmpty(
            f"{folder} has no cases", "Write some, and name their file under dataset in prompt.yaml."
        )
    cases = parse_dataset(dataset.content, artifact.variables, table)
    least = policy.thresholds.min_cases
    if len(cases) < least:
        raise EvaluationTooFew(f"{len(cases)} of {least} cases", "Add cases to the dataset.")
    return Subject(artifact, cases, dataset.sha256, policy, checked.validated.warnings)


def live_in(environment: str, subject: Subject, line: Line) -> Live:
    """What is live in an environment; raises UnknownEnvironment, and what reading it raises."""
    if not environment:
        return Live()
    prompt_id = subject.artifact.prompt_id
    head = line.ledgers[line.environment(environment)].head(prompt_id)
    if head.state != "live" or not head.version:
        return Live(remark=f"Nothing of {prompt_id} is live in {environment}: compared with nothing.")
    record = line.registry.version(PromptRef(prompt_id, head.version))
    if record.sha256 == subject.artifact.digest():
        same = f"v{head.version}, live in {environment}, has exactly these bytes: compared with nothing."
        return Live(policy=record.policy, remark=same)
    artifact = line.artifact(record)
    baseline = Baseline(environment, head.version, record.sha256, artifact.model["id"])
    return Live(artifact, baseline, record.policy)


def with_model(artifact: Artifact, model: str) -> Artifact:
    """The same prompt for another model of the same provider; for none it stays as it is."""
    return replace(artifact, model={**artifact.model, "id": model}) if model else artifact


def needs_all(subject: Subject, live: Live) -> bool:
    """Whether the gate would demand every case: a lowered risk counts at its old tier."""
    risks = [subject.policy.risk, *([live.policy.risk] if live.policy else [])]
    return stricter(*risks) == "high"
