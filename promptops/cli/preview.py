"""An evaluation of a folder from here: a preview for its author, never evidence."""

from __future__ import annotations

from pathlib import Path

from promptops.aws.bedrock_model import BedrockModel, bedrock_client
from promptops.aws.clock import SystemClock
from promptops.cli.checked import check
from promptops.cli.line import Line
from promptops.cli.output import answer, note
from promptops.cli.progress import progress
from promptops.cli.report_view import report_lines
from promptops.domain.dataset import parse_dataset
from promptops.domain.errors import EvaluationEmpty, EvaluationFailed, EvaluationTooFew
from promptops.stages.evaluate import THREADS, preview

NO_EVIDENCE = "This is a preview: it was measured here and is no evidence for a promotion."


def show_preview(folder: Path, line: Line, *, as_json: bool) -> None:
    """The report of the folder's cases; raises EvaluationFailed when they do not pass."""
    checked = check(folder)
    artifact, thresholds = checked.validated.artifact, checked.source.policy.thresholds
    if not checked.folder.dataset:
        raise EvaluationEmpty(f"{folder} has no cases", "Add cases.jsonl and name it under dataset.")
    cases = parse_dataset(checked.folder.dataset.encode(), artifact.variables)
    if len(cases) < thresholds.min_cases:
        raise EvaluationTooFew(f"{len(cases)} of {thresholds.min_cases} cases", "Add cases to cases.jsonl.")
    model = BedrockModel(bedrock_client(THREADS, line.session))
    with progress(f"{len(cases)} cases with {artifact.model['id']}"):
        report = preview(artifact, cases, thresholds=thresholds, model=model, clock=SystemClock())
    note(NO_EVIDENCE)
    if report.verdict == "pass":
        answer({"preview": True, "report": report.to_dict()}, *report_lines(report), as_json=as_json)
        return
    if not as_json:
        answer({}, *report_lines(report), as_json=False)
    raise EvaluationFailed(
        f"{report.prompt_id} scored {report.score:.2f}, threshold {report.thresholds.min_score:.2f}",
        "Read the cases above, improve the prompt and try again.",
        preview=True,
        report=report.to_dict(),
    )
