"""What the product makes of the checks: a file is read, its cases are built and graded as in evaluations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.differential.check import Check, Verdict
from bench.differential.models import JUDGE, VECTORS
from bench.differential.suite import Graded
from promptops.cli.datasets.reading import read_cases
from promptops.domain.dataset import Case, parse_dataset
from promptops.domain.errors import BadInput, EvaluationError, ModelUnavailable
from promptops.domain.graders.grading import Output
from promptops.domain.variables import Variable

_MAX_BYTES = 50_000_000
_MARKED = re.compile(r"<<([a-z-]+)>>")


class Recordings:
    """The models that help to grade, as recorded."""

    def judge(self, messages: Sequence[Mapping[str, str]]) -> str:
        marked = _MARKED.search(" ".join(message["content"] for message in messages))
        assert marked, "the judge is asked something else than a rubric of the checks"
        answer = JUDGE[marked[1]]
        if not answer:
            raise ModelUnavailable("the judge is down", "This is recorded.")
        return answer

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        missing = [text for text in texts if text not in VECTORS]
        if missing:
            raise ModelUnavailable("nobody embedded this", "This is recorded.")
        return [VECTORS[text] for text in texts]


def verdicts(checks: Sequence[Check], folder: Path) -> list[Verdict]:
    """One verdict a check; error is a refused assertion or a grader that could not run."""
    return [_verdict(check, folder) for check in checks]


def graded(folder: Path, name: str) -> list[Graded]:
    """What each case of promptfoo's file comes to, `output` being what was answered; raises BadInput."""
    return [_graded(case) for case in _cases(folder, name)]


def _cases(folder: Path, name: str, declared: Mapping[str, Variable] | None = None) -> Sequence[Case]:
    lines = read_cases(folder, name, max_bytes=_MAX_BYTES).lines
    return parse_dataset(lines.encode(), declared)


def _verdict(check: Check, folder: Path) -> Verdict:
    test = {"vars": dict(check.variables), "assert": [dict(check.assertion)]}
    (folder / "ours.json").write_text(json.dumps({"tests": [test]}))
    recorded = check.recorded
    declared = {
        name: Variable("string" if isinstance(value, str) else "number")
        for name, value in check.variables.items()
    }
    try:
        (case,) = _cases(folder, "ours.json", declared)
        output = Output(recorded.output, case.variables, recorded.latency_ms, recorded.cost_usd)
        grade = case.grade(output, Recordings())
    except (BadInput, EvaluationError, ModelUnavailable):
        return Verdict("error")
    return Verdict("pass" if grade.passed else "fail", grade.score)


def _graded(case: Case) -> Graded:
    output = Output(str(case.variables["output"]), case.variables, 0, 0.0)
    grade = case.grade(output, Recordings())
    return Graded(grade.passed, grade.score, dict(grade.metrics))
